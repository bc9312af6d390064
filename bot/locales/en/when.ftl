## Days and hours. All of it is St. Petersburg time.

weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun

month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December

date = { $day } { $month }
date-year = { $day } { $month } { $year }
day = { $weekday } { $date }
day-today = today, { $day }
day-tomorrow = tomorrow, { $day }
day-yesterday = yesterday, { $day }

# Stands at the end: "checked 12 seconds ago", "checked yesterday at 07:40".
ago-now = just now
ago-seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
  } ago
ago-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
  } ago
at-today = at { $time }
at-yesterday = yesterday at { $time }
at-tomorrow = tomorrow at { $time }
at-date = on { $date } at { $time }

# "No answer since 07:40 yesterday".
since-today = since { $time }
since-yesterday = since { $time } yesterday
since-date = since { $time } on { $date }

until-today = until { $time }
until-tomorrow = until { $time } tomorrow
until-date = until { $time } on { $date }
