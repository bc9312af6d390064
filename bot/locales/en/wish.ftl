## Which appointments suit

# The pieces stand after the colon, with commas: "weekdays only after 17:00, from 21 to 28 November".
wish-line = 🎯 Suits you: { $wish }.
wish-urgent = 🔔 I write about this one even during quiet hours.
wish-nothing = ⚠️ No appointment can meet this, please change it.
wish-only-day = only { $day }
wish-from-day = from { $day } on
wish-to-day = up to and including { $day }
wish-between-days = from { $first } to { $last }
wish-no-day = no day of the week
wish-days-only = only { $days }
wish-days-with-hours = { $days } { $hours }
wish-days-work = weekdays
wish-days-weekend = weekends
wish-hours-from = after { $from }
wish-hours-to = before { $to }
wish-hours-between = from { $from } to { $to }
wish-hours-any = at any time
wish-notice-minutes = not sooner than in { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
  }
wish-notice-hours = not sooner than in { $n ->
    [one] { $n } hour
   *[other] { $n } hours
  }
wish-notice-days = not sooner than in { $n ->
    [one] { $n } day
   *[other] { $n } days
  }
wish-sooner-day = sooner than your appointment on { $day }
wish-sooner-time = sooner than your appointment on { $day } at { $time }
wish-skipped-alone = any day { $skipped }
wish-skipped = except { $days }
wish-skipped-more = except { $days } and { $n ->
    [one] { $n } more day
   *[other] { $n } more days
  }

## The card: what to ask

wish-ask-card = <b>What would you like to change?</b>
wish-ask-when = <b>Which dates suit you?</b>
wish-ask-since = <b>From which day on?</b>
wish-ask-until = <b>Up to which day?</b>
wish-ask-days = <b>Which days of the week suit you?</b> Press a day to leave it out or to bring it back.
wish-ask-hours = <b>Which hours suit you?</b> Every day of the week can have its own.
wish-ask-hours-of = <b>Which hours suit you on { $weekday }?</b>
wish-ask-exact = <b>From which hour to which?</b>
wish-ask-exact-of = <b>From which hour to which on { $weekday }?</b>
wish-ask-notice = <b>How much time do you need to get there?</b> I will not tell you of appointments that begin sooner.
wish-ask-sooner = <b>Do you have an appointment already?</b> Choose its day, and I will only look at the days before it.
wish-ask-skip = <b>Which days shall I skip?</b> Press a day again to bring it back.

## The card: buttons

btn-edit = ⚙ Change
wish-btn-when = 📅 Dates
wish-btn-days = 🗓 Weekdays
wish-btn-hours = 🕒 Hours
wish-btn-notice = ⏳ Notice
wish-btn-sooner = ⏩ Sooner than mine
wish-btn-skip = 🚫 Skip days
wish-btn-urgent = 🔔 Write in quiet hours too
wish-btn-not-urgent = 🌙 Wait till quiet hours end
wish-btn-reset = ♻️ Reset everything
wish-btn-today = Today
wish-btn-tomorrow = Tomorrow
wish-btn-week = This week
wish-btn-fortnight = 2 weeks
wish-btn-any-date = Any date
wish-btn-since = From which day…
wish-btn-until = Up to which day…
wish-btn-any-day = Any day
wish-btn-work = Mon to Fri
wish-btn-weekend = Weekends
wish-btn-whole-week = All days
wish-btn-morning = Morning, before 12
wish-btn-noon = Midday, 12–17
wish-btn-evening = Evening, after 17
wish-btn-any-hour = Any time
wish-btn-exact = More precisely…
wish-btn-common = As on other days
wish-btn-from-hour = from { $hour }
wish-btn-to-hour = to { $hour }
wish-btn-no-notice = Any
wish-btn-notice-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
  }
wish-btn-notice-day = 1 day
wish-btn-not-sooner = No appointment
wish-btn-no-skip = Skip none
wish-btn-span = { $first } – { $last }
wish-btn-chosen = ✓ { $label }
wish-btn-left-out = ✗ { $label }
