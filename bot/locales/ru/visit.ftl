## Кнопки под сообщением о талонах, картинка, запись, напоминания.

btn-visit-all = 🕒 Все времена
btn-visit-picture = 🖼 Картинка
btn-visit-pause = 🌙 Пауза до завтра
btn-visit-booked = ✅ Я записался
btn-visit-change = ✏️ Изменить
btn-visit-again = ▶ Следить снова
btn-visit-other = Другое время
btn-visit-stop = 🔕 Больше не следить
btn-visit-keep = Следить дальше
btn-visit-sooner = ⏩ Искать раньше этого
btn-visit-quiet = Отменить напоминания

## Картинка на две недели

pic-day = { $day } { $month }
pic-checked = проверено в { $clock }
pic-checked-date = проверено { $date } в { $clock }
pic-unchecked = ещё не проверено
pic-bright = свободные талоны (число — сколько их в этот час)
pic-bright-suiting = подходящие талоны (число — сколько их в этот час)
pic-dim = свободны, но вам не подходят
pic-none = Свободных талонов нет
pic-later = Ещё { $n ->
    [one] { $n } талон
    [few] { $n } талона
   *[many] { $n } талонов
  } позже этих двух недель

## Под сообщением о талонах

visit-old = Это сообщение уже старое: его кнопки больше не действуют. Ваш список: /list
visit-all-title = <b>Все свободные талоны</b>
visit-all-none = Сейчас свободных талонов нет.
visit-all-bold = Жирным — то, что вам подходит.
visit-paused = ⏸ Об этом молчу { $until }.
visit-change-which = <b>Для какого врача изменить условия?</b>
visit-again = 🔔 Слежу снова. Если что-то свободно уже сейчас, скоро пришлю.
visit-stopped = 🔕 Об этом больше не пишу. В списке /list это осталось на паузе.
visit-kept = Хорошо, ничего не меняю: слежу дальше.

## Запись

visit-which = На какое время вы записались?
visit-other = Хорошо, это время запоминать не буду. Следить за талонами дальше?
visit-booked =
    ✅ <b>Вы записаны: { $who }</b>
    🗓 { $when }
visit-room = 🚪 Кабинет: { $room }
visit-reminded = 🔔 Напомню { $time }.
visit-reminded-twice = 🔔 Напомню { $first } и { $second }.
visit-unreminded = Напоминаний не будет.
visit-fate = Что дальше: больше не следить или искать талон раньше этого?
visit-goes-on = Слежу дальше, как раньше.
visit-sooner = ⏩ Ищу талон раньше, чем { $when }.
visit-sooner-none = Сейчас таких нет, появится — сразу напишу.
visit-sooner-free = { $n ->
    [1] Сейчас такой есть один: { $day }, { $time }.
   *[other] Сейчас таких { $n }, ближайший — { $day }, { $time }.
  }
visit-file = Откройте файл, и приём появится в календаре телефона.

## Напоминание

visit-reminder =
    🔔 <b>Приём: { $when }</b>
    { $who }

## Слова для календаря: простой текст, без разметки

ics-summary = Приём: { $who }
ics-room = Кабинет: { $room }
ics-phone = Телефон: { $phone }
