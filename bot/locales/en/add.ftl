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
add-tick-full = No more can be ticked: one item of the list holds no more than { $max }.
add-box-full = ☑ { $name }
add-box-empty = ☐ { $name }
add-box-unknown = ❔ { $name }
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
btn-tick-lpus = ☑ Choose several
btn-district = 🗺 The whole district
btn-all-of = 🗺 All of { $district }
btn-city = 🌆 The whole city

add-lpu-city =
    <b>Which clinic?</b>
    The whole city

    Press a clinic or type it differently: its number or a part of its name, for example 87.
add-place =
    <b>Which district or clinic?</b>
    The whole city

    Press one or type it differently: a number or a part of its name.
add-tick-clinics =
    <b>At which clinics?</b>
    { $specialty }
    District: { $district }

    Tick all you would go to, or type a number or a part of a name. Then press “Done”. Any doctor will do.
add-unread = I do not know yet whether the clinics marked ❔ have such a doctor ({ $n }). Press one and I will ask the portal.
add-not-there = { $lpu }: there is no such doctor now.
add-not-read = { $lpu }: the portal does not say now whether there is such a doctor. Please try again a little later.
add-nowhere-else = Other clinics cannot be found by the name of this specialty.
add-empty-clinics = I know no clinic with such a doctor in this district yet.

## A whole district or the city as one item of the list.

area-grown-up = Clinics for children do not count. If the doctor is for a child, say so: “children’s ENT”.
area-line = { $title }: { $n ->
    [0] no clinic known yet
    [one] { $n } clinic now
   *[other] { $n } clinics now
  }
area-unread = I have not read { $n ->
    [one] { $n } clinic yet: it
   *[other] { $n } clinics yet: they
  } may have such a doctor too.
area-grows = New clinics join by themselves as soon as I learn that they have such a doctor.

## Menus pressed at the wrong moment

menu-old = This menu is out of date.
menu-foreign = Somebody else opened this menu: write /add
toast-old = This menu is out of date
