## Read out of a person's words: the card, remarks in a menu, a link to somebody else's item.

words-card = I understood: { $said }
words-ask = Is that right? Press “Watch”.
words-shared-card = Somebody sent you what to watch: { $said }
words-shared-ask = Would you like to watch it too? Press “Watch”.
words-understood = Understood: { $said }.
words-not-understood = Not understood: { $said }.
words-quoted = “{ $piece }”
words-again = 🕘 { $title }

words-several = Several fit, choose one:
words-no-specialty = This clinic has no such doctor. Here is who it has:
words-no-doctor = Nobody here has that surname. Here is who there is:
words-no-clinic = No clinic of this district has such a doctor. Choose a clinic or go back to the districts:
words-clinics = These have such a doctor, choose a clinic ({ $n }):
words-clinics-some = The first of the list surely have such a doctor: { $n }. Of the others ({ $unknown }) I do not know yet.
words-clinics-unknown = I do not know yet which of these clinics have such a doctor. Choose yours:

btn-watch = 🔔 Watch
btn-share = 🔗 Share

share-link =
    You may pass this link on to anybody. It opens “{ $title }” with your conditions and says nothing about you. It works for 90 days.

    { $url }
share-too-many = You have made a great many links already. I cannot make a new one for now; the earlier ones work.
share-unknown = This link does not work any more: they live for 90 days. Ask for a new one or choose a doctor yourself.
