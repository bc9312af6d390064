## Дни и часы. Всё — время Санкт-Петербурга.

weekday-1 = пн
weekday-2 = вт
weekday-3 = ср
weekday-4 = чт
weekday-5 = пт
weekday-6 = сб
weekday-7 = вс

month-1 = января
month-2 = февраля
month-3 = марта
month-4 = апреля
month-5 = мая
month-6 = июня
month-7 = июля
month-8 = августа
month-9 = сентября
month-10 = октября
month-11 = ноября
month-12 = декабря

date = { $day } { $month }
date-year = { $day } { $month } { $year }
day = { $weekday } { $date }
day-today = сегодня, { $day }
day-tomorrow = завтра, { $day }
day-yesterday = вчера, { $day }

# Стоит в конце: «проверено 12 секунд назад», «проверено вчера в 07:40».
ago-now = только что
ago-seconds = { $n ->
    [one] { $n } секунду
    [few] { $n } секунды
   *[many] { $n } секунд
  } назад
ago-minutes = { $n ->
    [one] { $n } минуту
    [few] { $n } минуты
   *[many] { $n } минут
  } назад
at-today = в { $time }
at-yesterday = вчера в { $time }
at-tomorrow = завтра в { $time }
at-date = { $date } в { $time }

# «Не удаётся узнать с 07:40 вчерашнего дня».
since-today = с { $time }
since-yesterday = с { $time } вчерашнего дня
since-date = с { $time } { $date }

until-today = до { $time }
until-tomorrow = до { $time } завтрашнего дня
until-date = до { $time } { $date }
