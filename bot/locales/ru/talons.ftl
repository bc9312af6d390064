## Сообщение о талонах, строки /status и /list.

# Первая строка видна на заблокированном экране.
first-line = { $who }: { $day }, { $time }{ $more ->
    [0] {""}
   *[other] {" "}(+{ $more })
  }
first-line-all-gone = Все разобрали, слежу дальше: { $who }
first-line-all-gone-nobody = Все разобрали, слежу дальше.
first-line-nobody = Есть талон: { $day }, { $time }{ $more ->
    [0] {""}
   *[other] {" "}(+{ $more })
  }
day-line = { $day }: { $times }
day-line-at = { $day } ({ $address }): { $times }
room = каб. { $room }
more-of-doctor = и ещё { $n ->
    [one] { $n } талон
    [few] { $n } талона
   *[many] { $n } талонов
  }
more-of-others = И ещё { $n ->
    [one] { $n } талон
    [few] { $n } талона
   *[many] { $n } талонов
  } у { $doctors ->
    [1] другого врача
    [one] { $doctors } других врачей
   *[other] { $doctors } других врачей
  }.
clinic-line = 🏥 <b>{ $lpu }</b>
address-line = 📍 { $address }
visit-line = 📍 Приём: { $address }
phone-line = 📞 { $phone }
checked-at = 🕒 проверено в { $clock }
checked-at-old = 🕒 проверено в { $clock } ({ $ago })
alert-nothing = Новых талонов сейчас нет.
btn-book = Записаться на портале
btn-book-who = Записаться: { $who }

## Имена

doctor-any = любой врач
doctor-unnamed = врач без имени
lpu-unnamed = поликлиника (код { $id })
title-more = { $title } (+{ $n })
title-in-district = { $name } — { $district } район
title-in-city = { $name } — весь город
title-for-children = { $title }, детские поликлиники

## Много поликлиник или врачей сразу: коротко о всех.

sum-reach = { $n ->
    [0] Пока не знаю здесь ни одной поликлиники с таким врачом. Узнаю — начну следить.
    [one] Сейчас это { $n } поликлиника.
    [few] Сейчас это { $n } поликлиники.
   *[many] Сейчас это { $n } поликлиник.
  }
sum-area-gone = Поликлиник с таким врачом на портале здесь больше нет, последняя пропала { $since }. Появится хоть одна — скажу и начну следить.
sum-where = Где: { $places }.
sum-place = { $place } ({ $n })
sum-more = { $names } и ещё { $n }
sum-checked-all = Проверены все, самая давняя проверка — { $ago }.
sum-checked-some = Проверено { $read } из { $n }, самая давняя проверка — { $ago }.
sum-failing = ⚠️ Не удаётся узнать ({ $n }): { $places }
sum-gone = Больше нет на портале ({ $n }): { $places }

## Почему не получилось. Продолжает фразу после двоеточия.

failure-clinic = поликлиника не отвечает порталу
failure-portal = на портале сейчас неполадки
failure-gone = портал не находит эту поликлинику
failure-unreadable = портал ответил непонятно
failure-unreachable = портал не отвечает
failure-too-many = портал просит спрашивать пореже

## Что известно о враче: короткие фразы подряд.

state-free = ✅ { $n ->
    [1] Есть талон: { $when }.
    [one] Свободен { $n } талон, ближайший — { $when }.
    [few] Свободно { $n } талона, ближайший — { $when }.
   *[many] Свободно { $n } талонов, ближайший — { $when }.
  }
state-free-old = { $n ->
    [1] Был талон: { $when }.
    [one] Был свободен { $n } талон, ближайший — { $when }.
    [few] Было свободно { $n } талона, ближайший — { $when }.
   *[many] Было свободно { $n } талонов, ближайший — { $when }.
  }
state-when = { $day }, { $time }
state-when-doctor = { $day }, { $time } ({ $doctor })
state-none = Талонов нет.
state-none-old = Талонов не было.
state-none-suiting = Подходящих талонов нет, других свободно: { $n }.
state-none-suiting-old = Подходящих талонов не было, других было свободно: { $n }.
state-none-seen = Талонов пока не видно.
state-never = Ещё не проверял.
state-never-off = Сейчас не проверяю: слежение выключено.
state-asking = Спрашиваю портал…
state-failing = ⚠️ Не удаётся узнать { $since }: { $why }.
state-failing-all = ⚠️ Не удаётся узнать: { $n ->
    [1] портал не отвечает про единственного врача
   *[other] портал не отвечает ни про одного из врачей
  }.
state-failing-some = Не удалось узнать про { $failing } из { $n ->
    [one] { $n } врача
   *[other] { $n } врачей
  }.
state-failing-ever = Пока не получилось ни разу.
state-last-none = В последний раз получилось { $ago }: подходящих талонов тогда не было.
state-last-free = { $n ->
    [1] По последней удачной проверке ({ $ago }) был талон: { $when }.
    [one] По последней удачной проверке ({ $ago }) был свободен { $n } талон, ближайший — { $when }.
    [few] По последней удачной проверке ({ $ago }) было свободно { $n } талона, ближайший — { $when }.
   *[many] По последней удачной проверке ({ $ago }) было свободно { $n } талонов, ближайший — { $when }.
  }
state-not-all-read = Проверены ещё не все врачи.
state-no-doctors = Портал пока не показывает здесь ни одного врача.
state-n-doctors = { $n ->
    [one] В списке { $n } врач.
    [few] В списке { $n } врача.
   *[many] В списке { $n } врачей.
  }
state-checked = Проверено { $ago }.
state-list-checked = Список врачей получен { $ago }.
state-missing = Поликлиника не показывает этого врача в списке { $since }, перепроверяю.
state-missing-place = Поликлиника не показывает эту специальность в списке { $since }, перепроверяю.
state-gone-doctor = Этого врача больше нет в списке поликлиники, выберите другого: /add.
state-gone-place = Портал больше не находит эту поликлинику или специальность. Похоже, там всё поменялось, выберите врача заново: /add.
state-denied = Поликлиника объясняет: «{ $cause }».
state-no-reception = В расписании приёма нет.
state-full-until = Приём по расписанию есть до { $last }, но всё занято.
state-full-between = Приём по расписанию с { $first } по { $last }, но всё занято.
state-full-day = Приём по расписанию только { $last }, и всё занято.
state-paused = ⏸ На паузе: пока не слежу.
state-paused-until = ⏸ На паузе { $until }.
wish-any = Подойдёт любой талон.

## /status

status-on = 🔔 <b>Слежение включено.</b> Появится талон — сразу напишу.
status-on-only = 🔔 <b>Слежение включено.</b>
status-off = 🔕 <b>Слежение выключено.</b> Включить: /on
status-off-since = 🔕 <b>Слежение выключено</b> { $since }. Включить: /on
status-asking = Спрашиваю портал…
status-still-asking = Часть поликлиник пока не ответила. Посмотреть ещё раз: /status
status-more = И ещё { $n ->
    [one] { $n } пункт
    [few] { $n } пункта
   *[many] { $n } пунктов
  } не поместилось сюда, весь список: /list
status-empty = Ваш список пуст, следить пока не за чем. Добавить врача: /add
pinger-silent = ⚠️ <b>Проверка талонов не работает { $since }.</b>
pinger-stopped = ⚠️ <b>Проверка талонов остановлена { $since }.</b>
pinger-never = ⚠️ <b>Проверка талонов ещё ни разу не запускалась.</b>
pinger-back = Сообщения о талонах придут, когда она заработает.
portal-held = ⏳ Портал просит подождать { $until }: пока ничего не проверяю.
card-off = 🔕 Слежение выключено, включить: /on
card-more = И ещё { $n } сюда не поместилось.
