## /add: district → clinic → specialty → doctor.

add-district =
    <b>Which district is the clinic in?</b>

    Press a district or type a part of its name. You can also send a link from the portal gorzdrav.spb.ru.
add-lpu =
    <b>Which clinic?</b>
    District: { $district }

    Press a clinic or type its number or a part of its name, for example 87.
add-specialty =
    <b>Which kind of doctor?</b>
    { $lpu }

    Press a specialty or type a part of its name.
add-doctor =
    <b>Who exactly?</b>
    { $lpu }
    { $specialty }

    Press a doctor or type a part of the surname. If anyone will do, choose “Any doctor”.
add-page = Page { $page } of { $pages }
add-filter = Found for “{ $query }”: { $n }.
add-nothing-found = Nothing was found for “{ $query }”. Type it differently or press “Show all”.
add-empty-lpus = The portal shows no clinic in this district at the moment. Go back and choose another district.
add-empty-specialties = This clinic has not opened booking to any doctor at the moment. Try later or choose another one.
add-empty-doctors = The portal shows no doctor here at the moment. Choose “Any doctor”: when an appointment opens, I will write at once.
add-could-not-look = It did not work: { $why }. Please try again a little later.
add-old-copy = The portal does not answer now. This is the list I read { $ago }.
add-loading = Asking the portal…
add-done =
    Done, watching for appointments: <b>{ $title }</b>

    If anything is available right now, I will send it shortly. If not, I will write as soon as it opens.
add-done-already =
    This is in your list already: <b>{ $title }</b>

    If anything is available right now, I will send it shortly.
add-done-resumed = Watching was off, now it is on for your whole list.
add-too-many = Your list already has { $max ->
    [one] { $max } item
   *[other] { $max } items
  }, there is no room for more. Delete what you do not need: /list
add-too-many-targets = Choose from 1 to { $max ->
    [one] { $max } doctor
   *[other] { $max } doctors
  }.
add-cancelled = All right, nothing is added. To start over: /add
add-link-unknown = I understood the link, but the portal has no such clinic, specialty or doctor now. Choose from the list:

## Several at once: boxes at doctors and clinics.

add-tick-doctors =
    <b>Who would suit you?</b>
    { $lpu }
    { $specialty }

    Tick everybody you would go to: press each one or type a part of the surname. Then press “Done”.
add-ticked = Ticked: { $n } ({ $names }).
add-tick-full = No more can be ticked: one item of the list holds { $max ->
    [one] { $max } doctor
   *[other] { $max } doctors
  }.
add-box-full = ☑ { $name }
add-box-empty = ☐ { $name }
add-box-unknown = ❔ { $name }
added-more = { $names } and { $n } more
added-doctors = { $n ->
    [one] { $n } doctor
   *[other] { $n } doctors
  }: { $names } ({ $specialty }, { $lpu })
added-clinics = { $specialty } at { $n ->
    [one] { $n } clinic
   *[other] { $n } clinics
  }: { $clinics }

btn-tick = ☑ Choose several
btn-ticked = ✅ Done ({ $n })
btn-elsewhere = 🏥 At other clinics

## Menus pressed at the wrong moment

menu-old = This menu is out of date.
menu-foreign = Somebody else opened this menu: write /add
toast-old = This menu is out of date
toast-ok = Done
toast-wait = One second…
