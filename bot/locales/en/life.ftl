## Living with the list: news of doctors, the week, groups, export, operators.

fact-gone =
    🚪 <b>{ $title }</b>
    The doctor has not been listed on the portal { $since }. This happens when a doctor leaves, takes a holiday or changes rooms. When they are back, I will say so.
fact-renumbered =
    🔁 <b>{ $title }</b>
    The doctor has another number on the portal now, and appointments will be under it. The old number has been missing { $since }.
fact-back =
    🙂 <b>{ $title }</b>
    The doctor is listed on the portal again. I go on watching as before.
fact-gone-place =
    🚪 <b>{ $title }</b>
    This clinic has not had the specialty on the portal { $since }. It seems everything changed there, and no appointments will open under the old number. Please choose the doctor anew. If it comes back as it was, I will say so.
fact-gone-area =
    🚪 <b>{ $title }</b>
    No clinic here has such a doctor on the portal any more: the last one has been missing { $since }. Please try another district. As soon as there is one, I will say so and watch on.
fact-back-place =
    🙂 <b>{ $title }</b>
    The specialty is on the portal again. I go on watching as before.
fact-back-area =
    🙂 <b>{ $title }</b>
    There are such doctors here on the portal again. I go on watching as before.
fact-unknown-since = lately

btn-widen = Any doctor of the specialty
btn-retie = Watch the new number
btn-choose-anew = ➕ Choose anew
widened = ✅ Now I wait for any doctor of this specialty. What is available now I will send shortly.
retied = ✅ Watching the new number. What is available now I will send shortly.
nothing-to-change = There is nothing left to change: it is so already.

weekly-title = <b>How the week went</b>
weekly-line =
    <b>{ $title }</b>
    { $looks ->
        [one] Looked { $looks } time
       *[other] Looked { $looks } times
    }{ $failed ->
        [0] {""}
       *[other] , { $failed } without an answer
    }. { $seen ->
        [0] There were no appointments.
        [one] { $seen } appointment opened{ $lasted }.
       *[other] { $seen } appointments opened{ $lasted }.
    }{ $unsuiting ->
        [0] {""}
       *[other] {" "}Did not suit you: { $unsuiting }.
    }
weekly-lasted = , usually lasting { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
  }
weekly-lasted-hours = , usually lasting { $n ->
    [one] { $n } hour
   *[other] { $n } hours
  }
weekly-lasted-short = , usually lasting less than a minute
weekly-more = …and { $n } more: /list
weekly-ask = I go on watching until you say otherwise.
btn-keep = Keep it as it is
btn-any = Any doctor
btn-stop = Stop waiting
kept = All right, nothing changes.
stopped = ✅ No longer waiting: { $title }.

only-admins = Only administrators of this group change its list.
rights-unknown = Telegram could not tell me whether you are an administrator. Please try again.
settings-who-all = The list may be changed by: everyone
settings-who-admins = The list may be changed by: admins only

btn-taken = ✍️ I am booking it
taken-line = ✍️ { $name } is booking it
taken-toast-you = Everybody sees that you are booking it
taken-toast-other = { $name } is booking it already
taken-toast-free = All right, somebody else will book it

export-caption = Everything I keep about you. To erase it: /forget
export-empty = I keep nothing about you.

stats =
    <b>How things are</b>
    People and groups: { $people }, on: { $on }, out of reach: { $gone }
    Watches: { $watches }, watched now: { $active }, departments: { $departments }
    Alerts today: { $alerts }
    Last answer of the portal: { $read }
    Requests in this hour and the last: { $requests }, failed: { $failed }
    Clinics with a failure: { $failing }
    The bot has been running { $bot }
stats-never = none yet
operator-silence = People hear of no new appointments until the pinger works: look into its journal. I will tell you when it does.
operator-return = ✅ <b>Checking works again.</b> It had not been working { $since }.
broadcast-how = Write the text right after the command: /broadcast The bot is away tomorrow from 10 to 11
broadcast-too-long = That is too long: Telegram takes at most 4096 characters.
broadcast-ask = This is what { $n ->
    [one] { $n } person
   *[other] { $n } people
  } will see, those who asked for silence too. Send it?
btn-broadcast-send = Send to everybody
btn-broadcast-drop = Do not send
btn-broadcast-stop = Stop
broadcast-dropped = Sent to nobody.
broadcast-running = Sending… delivered { $sent } of { $n }, failed { $failed }
broadcast-done = Sent: delivered { $sent } of { $n }, failed { $failed }
broadcast-stopped = Stopped: delivered { $sent } of { $n }, failed { $failed }
