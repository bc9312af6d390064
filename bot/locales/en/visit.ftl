## Buttons under an alert, the picture, bookings, reminders.

btn-visit-all = 🕒 All times
btn-visit-picture = 🖼 Picture
btn-visit-pause = 🌙 Pause till tomorrow
btn-visit-booked = ✅ I booked
btn-visit-change = ✏️ Change
btn-visit-again = ▶ Watch again
btn-visit-other = Another time
btn-visit-stop = 🔕 Stop watching
btn-visit-keep = Go on watching
btn-visit-sooner = ⏩ Look for a sooner one
btn-visit-quiet = Cancel the reminders

## The picture of two weeks

pic-day = { $day } { $month }
pic-checked = checked at { $clock }
pic-checked-date = checked on { $date } at { $clock }
pic-unchecked = not checked yet
pic-bright = appointments available (the number: how many in that hour)
pic-bright-suiting = appointments that suit you (the number: how many in that hour)
pic-dim = available, but do not suit you
pic-none = No appointments available
pic-later = { $n ->
    [one] { $n } more appointment
   *[other] { $n } more appointments
  } later than these two weeks

## Under an alert

visit-old = This message is old: its buttons no longer work. Your list: /list
visit-all-title = <b>All available times</b>
visit-all-none = No times are available right now.
visit-all-bold = In bold: what suits you.
visit-paused = ⏸ Silent about this { $until }.
visit-change-which = <b>Which of these to change?</b>
visit-again = 🔔 Watching again. If something is available already, it will come soon.
visit-stopped = 🔕 No more messages about this. It stays paused in your /list.
visit-kept = All right, nothing changes: watching goes on.

## A booking

visit-which = Which time did you book?
visit-other = All right, that time will not be kept. Go on watching?
visit-booked =
    ✅ <b>You are booked: { $who }</b>
    🗓 { $when }
visit-room = 🚪 Room: { $room }
visit-reminded = 🔔 A reminder will come { $time }.
visit-reminded-twice = 🔔 Reminders will come { $first } and { $second }.
visit-unreminded = No reminders will come.
visit-fate = What next: stop watching, or look for a sooner appointment?
visit-goes-on = Watching goes on as before.
visit-sooner = ⏩ Looking for an appointment sooner than { $when }.
visit-sooner-none = There is none right now; when one opens, I will write at once.
visit-sooner-free = { $n ->
    [1] There is one right now: { $day }, { $time }.
   *[other] There are { $n } right now, the nearest: { $day }, { $time }.
  }
visit-file = Open the file to put the visit into your phone’s calendar.

## A reminder

visit-reminder =
    🔔 <b>Your visit: { $when }</b>
    { $who }

## Words for a calendar: plain text, no markup

ics-summary = Visit: { $who }
ics-room = Room: { $room }
ics-phone = Phone: { $phone }
