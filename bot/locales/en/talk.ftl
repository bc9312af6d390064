## The conversation: greeting, commands, answers.

start =
    Hello! I watch for doctor's appointments at the public clinics of St. Petersburg.

    Press “Add a doctor” and choose whom you want to see. The moment an appointment opens, I will send you the day, the time and a link to book it.

    I need no name, insurance policy or date of birth. You book yourself, on the portal gorzdrav.spb.ru.
start-back =
    Welcome back! Your list is safe, it has { $n ->
        [one] { $n } item
       *[other] { $n } items
    }.

    To see it: /list
    What is available now: /status
help =
    <b>How I work</b>
    1. You choose a district, a clinic, a specialty and a doctor. If anyone will do, choose “Any doctor”. You can tick several, take other clinics, a whole district or the whole city.
    2. Day and night I look whether an appointment has opened on the portal gorzdrav.spb.ru.
    3. When one has, I send you the day, the time and a link at once. You book it yourself, on the portal. Appointments go fast.

    <b>What you can tell me</b>
    /add — add a doctor. Or just say it: “eye doctor, Primorsky, after 5pm by Friday”
    /list — your list; conditions, pause and delete are there too
    /status — what is available now
    /when — when appointments usually open
    /off — be quiet
    /on — watch again
    /settings — quiet hours and language
    /export — a file with everything I keep about you
    /forget — erase everything I know about you

    I need no name, insurance policy or date of birth.

cmd-start = Start
cmd-help = How it works
cmd-add = Add a doctor
cmd-list = My list
cmd-status = What is available now
cmd-when = When appointments open
cmd-on = Watch for appointments
cmd-off = Be quiet
cmd-settings = Settings: quiet hours, language
cmd-forget = Erase everything about me

btn-add = ➕ Add a doctor
btn-list = 📋 My list
btn-status = 🔎 What is available
btn-back = Back
btn-cancel = Cancel
btn-any-doctor = Any doctor
btn-prev = ◀
btn-next = ▶
btn-now = 🔎 Now
btn-pause = ⏸ Pause
btn-resume = ▶ Watch again
btn-delete = 🗑 Delete
btn-undo = ↩ Undo
btn-refresh = 🔄 Refresh
btn-open-again = Open again
btn-all = Show all
btn-yes-forget = Yes, erase everything
btn-no = No, keep it
btn-lang-ru = Русский
btn-lang-en = English
btn-retry = 🔄 Try again

off-done =
    🔕 All right, I am quiet. Your list is safe.

    When you want me to watch again, press /on
off-already = I am quiet already. To watch again: /on
on-done =
    🔔 Watching again. Your list has { $n ->
        [one] { $n } item
       *[other] { $n } items
    }.

    If anything is available right now, I will send it shortly.
on-done-empty = 🔔 Watching is on, but your list is empty. To add a doctor: /add
on-already = I am watching already. If anything is free now, I will send it again.

list-empty = Your list is empty. To add a doctor: /add
list-title = <b>Your list.</b> It has { $n ->
    [one] { $n } item
   *[other] { $n } items
  }:
deleted = Deleted: { $title }. Changed your mind? You can undo it within a minute.
undone = It is back in its place.
undo-late = The minute is over, it cannot be undone any more. To add it again: /add

forget-confirm =
    <b>Erase everything I know about you?</b>

    { $n ->
        [0] Your list is empty, so there is hardly anything to erase.
        [one] Your list has { $n } item. It will be gone, and I will not write to you any more.
       *[other] Your list has { $n } items. They will be gone, and I will not write to you any more.
    } This cannot be undone.

    If you only want silence, press /off
forget-done = Done, everything is erased. If you need me, write /start
forget-cancelled = All right, nothing is erased.


unknown =
    I did not understand. Here is what I can do:

    /add — add a doctor
    /list — your list
    /status — what is available now
    /help — more about me
not-allowed = Sorry, this bot is not open to everyone. Please ask whoever told you about it for access.
too-fast = I cannot keep up with you. Please wait a few seconds and try again.
went-wrong = Something broke on my side, it is not your fault. Please try again in a minute.
