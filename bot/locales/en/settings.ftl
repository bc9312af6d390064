## /settings

settings-title = <b>Settings</b>
settings-lang = 🌐 Which language shall I write in?
settings-quiet-off = 🔔 I write at once, day and night.
settings-quiet = 🌙 Silent from { $from } to { $to }. Whatever opens meanwhile comes afterwards in one message.
settings-quiet-soon = 🌙 Silent from { $from } to { $to }, except for appointments within the next 24 hours. The rest comes afterwards in one message.
settings-all-alerts = 🔁 After a message about an appointment I keep watching.
settings-one-alert = ☝️ After the first message about an appointment I pause that doctor.

btn-quiet-on = 🌙 Do not write at night
btn-quiet-off = 🔔 Write at night too
btn-quiet-from = Silent from { $time }
btn-quiet-to = Silent until { $time }
btn-quiet-soon = Next 24 hours: at once
btn-quiet-strict = Never write at night
btn-one-alert = ☝️ One message, then pause
btn-all-alerts = 🔁 Send every appointment

# At the end of an alert when "one message, then pause" is chosen.
alert-one = ⏸ I will not write about this again. To watch again: /list
