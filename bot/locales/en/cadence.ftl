## How often we look while more is waited for than we can read.

cadence-line = Many are waited for now: I check whether anything opened { $asked }, and read all of a doctor's slots again { $whole }.
cadence-seconds = { $n ->
    [one] every second
   *[other] every { $n } seconds
  }
cadence-minutes = { $n ->
    [one] every minute
   *[other] every { $n } minutes
  }
cadence-hours = { $n ->
    [one] every hour
   *[other] every { $n } hours
  }
