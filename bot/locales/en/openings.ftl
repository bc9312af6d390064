## When appointments open: /when

btn-when = 📊 When they open

openings-which = <b>Whose opening times to show?</b>
openings-title = <b>When appointments open</b>

# "They usually open on weekdays 08:30–08:50 (8 times out of 10), half are gone in 6 minutes."
openings-usually = They usually open { $windows }.
openings-usually-half = They usually open { $windows }, half are gone { $half }.
openings-any-time = They open at different times: no hour stands out.
openings-any-time-half = They open at different times: no hour stands out. Half are gone { $half }.
openings-work = on weekdays { $from }–{ $until } ({ $n } times out of 10)
openings-weekend = at weekends { $from }–{ $until } ({ $n } times out of 10)
openings-work-always = on weekdays { $from }–{ $until }
openings-weekend-always = at weekends { $from }–{ $until }
openings-both = { $first } and { $second }
openings-at-once = in less than a minute
openings-minutes = in { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
  }
openings-hours = in { $n ->
    [one] { $n } hour
   *[other] { $n } hours
  }
openings-days = in { $n ->
    [one] { $n } day
   *[other] { $n } days
  }

# "Most appointments: Mon from 8 to 9 (12), Tue from 8 to 9 (9)."
openings-peaks = Most appointments: { $peaks }.
openings-peak = { $weekday } from { $from } to { $to } ({ $n })

# Stands in the picture too: plain text.
openings-seen = I have seen { $n ->
    [one] { $n } opening
   *[other] { $n } openings
  } on { $days ->
    [one] { $days } day
   *[other] { $days } different days
  }
openings-all = All appointments are counted, not only those that suit you.

openings-few = Too little was seen so far: { $n } of the { $need } openings needed, on { $days } of { $needdays } different days.
openings-few-times = Too little was seen so far: { $n } of the { $need } openings needed.
openings-few-days = Too little was seen so far: openings on { $days } of the { $needdays } different days needed.
openings-none = Too little was seen so far: no appointment has opened before my eyes yet. I will tell once I have seen at least { $need } openings on { $needdays } different days.
openings-soon = At this pace I can tell in about { $n ->
    [one] { $n } day
   *[other] { $n } days
  }.
openings-whole = Too little was seen of this doctor alone. Here is how it is for all doctors of this specialty here:
openings-together = <b>All together</b>
openings-rest = Too little was seen of the rest ({ $n }) so far.
openings-unshown = { $n } more: only in the total.

## The picture: plain text

pic-week = how many appointments opened, by weekday and hour
pic-less = fewer
pic-more = more
