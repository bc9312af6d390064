## Какие талоны подходят

# Куски стоят через запятую после двоеточия: «только будни после 17:00, с 21 по 28 ноября».
wish-line = 🎯 Подойдёт: { $wish }.
wish-urgent = 🔔 Пишу о нём и в тихие часы.
wish-nothing = ⚠️ Под эти условия не подойдёт ни один талон, измените их.
wish-only-day = только { $day }
wish-from-day = начиная с { $day }
wish-to-day = до { $day } включительно
wish-between-days = с { $first } по { $last }
wish-no-day = ни один день недели
wish-days-only = только { $days }
wish-days-with-hours = { $days } { $hours }
wish-days-work = будни
wish-days-weekend = выходные
wish-hours-from = после { $from }
wish-hours-to = до { $to }
wish-hours-between = с { $from } до { $to }
wish-hours-any = в любое время
wish-notice-minutes = не раньше чем через { $n ->
    [one] { $n } минуту
    [few] { $n } минуты
   *[many] { $n } минут
  }
wish-notice-hours = не раньше чем через { $n ->
    [one] { $n } час
    [few] { $n } часа
   *[many] { $n } часов
  }
wish-notice-days = не раньше чем через { $n ->
    [one] { $n } день
    [few] { $n } дня
   *[many] { $n } дней
  }
wish-sooner-day = раньше вашей записи на { $day }
wish-sooner-time = раньше вашей записи на { $day } в { $time }
wish-skipped-alone = любой день, { $skipped }
wish-skipped = кроме { $days }
wish-skipped-more = кроме { $days } и ещё { $n ->
    [one] { $n } дня
   *[other] { $n } дней
  }

## Карточка: что спросить

wish-ask-card = <b>Что изменить?</b>
wish-ask-when = <b>В какие числа вам удобно?</b>
wish-ask-since = <b>С какого дня подойдёт?</b>
wish-ask-until = <b>По какой день подойдёт?</b>
wish-ask-days = <b>В какие дни недели вам удобно?</b> Нажмите на день, чтобы убрать его или вернуть.
wish-ask-hours = <b>В какие часы вам удобно?</b> У каждого дня недели могут быть свои часы.
wish-ask-hours-of = <b>В какие часы вам удобно: { $weekday }?</b>
wish-ask-exact = <b>С какого часа и до какого вам удобно?</b>
wish-ask-exact-of = <b>С какого часа и до какого вам удобно: { $weekday }?</b>
wish-ask-notice = <b>Сколько времени вам нужно, чтобы успеть?</b> О талонах, которые начнутся раньше, писать не буду.
wish-ask-sooner = <b>У вас уже есть запись?</b> Выберите её день, и я буду искать только в дни до неё.
wish-ask-skip = <b>Какие дни пропустить?</b> Нажмите на день ещё раз, чтобы вернуть его.

## Карточка: кнопки

btn-edit = ⚙ Изменить
wish-btn-when = 📅 Когда
wish-btn-days = 🗓 Дни недели
wish-btn-hours = 🕒 Часы
wish-btn-notice = ⏳ Запас времени
wish-btn-sooner = ⏩ Раньше моей записи
wish-btn-skip = 🚫 Пропустить дни
wish-btn-urgent = 🔔 Писать и в тихие часы
wish-btn-not-urgent = 🌙 Ждать конца тихих часов
wish-btn-reset = ♻️ Сбросить всё
wish-btn-today = Сегодня
wish-btn-tomorrow = Завтра
wish-btn-week = Эта неделя
wish-btn-fortnight = 2 недели
wish-btn-any-date = Любые числа
wish-btn-since = С какого дня…
wish-btn-until = По какой день…
wish-btn-any-day = Любой день
wish-btn-work = Будни
wish-btn-weekend = Выходные
wish-btn-whole-week = Все дни
wish-btn-morning = Утро, до 12
wish-btn-noon = День, 12–17
wish-btn-evening = Вечер, после 17
wish-btn-any-hour = Любое время
wish-btn-exact = Точнее…
wish-btn-common = Как в другие дни
wish-btn-from-hour = с { $hour }
wish-btn-to-hour = до { $hour }
wish-btn-no-notice = Неважно
wish-btn-notice-hours = { $n ->
    [one] { $n } час
    [few] { $n } часа
   *[many] { $n } часов
  }
wish-btn-notice-day = 1 день
wish-btn-not-sooner = Записи нет
wish-btn-no-skip = Не пропускать
wish-btn-span = { $first } – { $last }
wish-btn-chosen = ✓ { $label }
wish-btn-left-out = ✗ { $label }
