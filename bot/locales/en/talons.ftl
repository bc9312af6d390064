## The alert, the lines of /status and /list.

# The first line is what a locked screen shows.
first-line = { $who }: { $day }, { $time }{ $more ->
    [0] {""}
   *[other] {" "}(+{ $more })
  }
first-line-all-gone = All taken, still watching: { $who }
first-line-all-gone-nobody = All taken, still watching.
first-line-nobody = Appointment available: { $day }, { $time }{ $more ->
    [0] {""}
   *[other] {" "}(+{ $more })
  }
day-line = { $day }: { $times }
day-line-at = { $day } ({ $address }): { $times }
room = room { $room }
more-of-doctor = and { $n ->
    [one] { $n } more appointment
   *[other] { $n } more appointments
  }
more-of-others = And { $n ->
    [one] { $n } more appointment
   *[other] { $n } more appointments
  } with { $doctors ->
    [1] another doctor
    [one] { $doctors } other doctor
   *[other] { $doctors } other doctors
  }.
clinic-line = 🏥 <b>{ $lpu }</b>
address-line = 📍 { $address }
visit-line = 📍 The visit: { $address }
phone-line = 📞 { $phone }
checked-at = 🕒 checked at { $clock }
checked-at-old = 🕒 checked at { $clock } ({ $ago })
alert-nothing = No new appointments right now.
btn-book = Book on the portal
btn-book-who = Book: { $who }

## Names

doctor-any = any doctor
doctor-unnamed = unnamed doctor
lpu-unnamed = clinic (code { $id })
title-more = { $title } (+{ $n })
title-in-district = { $name } — { $district } district
title-in-city = { $name } — the whole city
title-for-children = { $title }, clinics for children

## Many clinics or doctors at once: all of them in short.

sum-reach = { $n ->
    [0] No clinic with such a doctor is known here yet. Once one is, it is watched.
    [one] { $n } clinic now.
   *[other] { $n } clinics now.
  }
sum-area-gone = There are no clinics with such a doctor here on the portal any more, the last one has been missing { $since }. As soon as there is one, I will say so and watch.
sum-where = Where: { $places }.
sum-place = { $place } ({ $n })
sum-more = { $names } and { $n } more
sum-checked-all = All checked, the oldest check: { $ago }.
sum-checked-some = Checked { $read } of { $n }, the oldest check: { $ago }.
sum-failing = ⚠️ No answer ({ $n }): { $places }
sum-gone = No longer on the portal ({ $n }): { $places }

## Why it did not work. Continues a sentence after a colon.

failure-clinic = the clinic does not answer the portal
failure-portal = the portal is having problems
failure-gone = the portal cannot find this clinic
failure-unreadable = the portal's answer made no sense
failure-unreachable = the portal does not answer
failure-too-many = the portal asks us to come less often

## What is known of a doctor: short sentences in a row.

state-free = ✅ { $n ->
    [1] An appointment is available: { $when }.
    [one] { $n } appointment available, the nearest: { $when }.
   *[other] { $n } appointments available, the nearest: { $when }.
  }
state-free-old = { $n ->
    [1] An appointment was available: { $when }.
    [one] { $n } appointment was available, the nearest: { $when }.
   *[other] { $n } appointments were available, the nearest: { $when }.
  }
state-when = { $day }, { $time }
state-when-doctor = { $day }, { $time } ({ $doctor })
state-none = No appointments available.
state-none-old = No appointments were available.
state-none-suiting = No appointments that suit you, others free: { $n }.
state-none-suiting-old = No appointments suited you, others were free: { $n }.
state-none-seen = No appointments seen so far.
state-never = Not checked yet.
state-never-off = Not being checked: watching is off.
state-asking = Asking the portal…
state-failing = ⚠️ Checks have been failing { $since }: { $why }.
state-failing-all = ⚠️ Checks are failing: { $n ->
    [1] the portal gives no answer about the only doctor
   *[other] the portal gives no answer about any of the doctors
  }.
state-failing-some = Could not check { $failing } of { $n ->
    [one] { $n } doctor
   *[other] { $n } doctors
  }.
state-failing-ever = No check has worked so far.
state-last-none = The last good check was { $ago }: nothing suitable was available then.
state-last-free = { $n ->
    [1] At the last good check ({ $ago }) an appointment was available: { $when }.
    [one] At the last good check ({ $ago }) { $n } appointment was available, the nearest: { $when }.
   *[other] At the last good check ({ $ago }) { $n } appointments were available, the nearest: { $when }.
  }
state-not-all-read = Not all doctors have been checked yet.
state-no-doctors = The portal lists no doctor here at the moment.
state-n-doctors = { $n ->
    [one] { $n } doctor is listed.
   *[other] { $n } doctors are listed.
  }
state-checked = Checked { $ago }.
state-list-checked = The list of doctors was read { $ago }.
state-missing = The clinic has not listed this doctor { $since }, checking again.
state-missing-place = The clinic has not listed this specialty { $since }, checking again.
state-gone-doctor = The clinic no longer lists this doctor, please choose another one: /add.
state-gone-place = The portal no longer finds this clinic or specialty. It seems everything changed there, please choose the doctor anew: /add.
state-denied = The clinic says: “{ $cause }”.
state-no-reception = The timetable shows no working days.
state-full-until = The doctor works until { $last }, but everything is taken.
state-full-between = The doctor works from { $first } to { $last }, but everything is taken.
state-full-day = The doctor works only on { $last }, and everything is taken.
state-paused = ⏸ Paused: not watching for now.
state-paused-until = ⏸ Paused { $until }.
wish-any = Any appointment will do.

## /status

status-on = 🔔 <b>Watching is on.</b> When an appointment opens, I will write at once.
status-on-only = 🔔 <b>Watching is on.</b>
status-off = 🔕 <b>Watching is off.</b> To switch it on: /on
status-off-since = 🔕 <b>Watching is off</b> { $since }. To switch it on: /on
status-asking = Asking the portal…
status-still-asking = Some clinics have not answered yet. To look again: /status
status-more = { $n ->
    [one] { $n } more item
   *[other] { $n } more items
  } did not fit here, the whole list: /list
status-empty = Your list is empty, there is nothing to watch yet. To add a doctor: /add
pinger-silent = ⚠️ <b>Checking has not been working { $since }.</b>
pinger-stopped = ⚠️ <b>Checking has been stopped { $since }.</b>
pinger-never = ⚠️ <b>Checking has never been started.</b>
pinger-back = Messages about appointments will come when it works.
portal-held = ⏳ The portal asks us to wait { $until }: nothing is being checked until then.
card-off = 🔕 Watching is off, to switch it on: /on
card-more = { $n } more did not fit here.
