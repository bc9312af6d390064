## Когда открываются талоны: /when

btn-when = 📊 Когда открываются

openings-which = <b>Для кого показать, когда открываются талоны?</b>
openings-title = <b>Когда открываются талоны</b>

# «Обычно открываются в будни 08:30–08:50 (8 раз из 10), половина уходит за 6 минут.»
openings-usually = Обычно открываются { $windows }.
openings-usually-half = Обычно открываются { $windows }, половина уходит { $half }.
openings-any-time = Открываются в разное время: часа, когда чаще всего, нет.
openings-any-time-half = Открываются в разное время: часа, когда чаще всего, нет. Половина уходит { $half }.
openings-work = в будни { $from }–{ $until } ({ $n } раз из 10)
openings-weekend = в выходные { $from }–{ $until } ({ $n } раз из 10)
openings-work-always = в будни { $from }–{ $until }
openings-weekend-always = в выходные { $from }–{ $until }
openings-both = { $first } и { $second }
openings-at-once = быстрее чем за минуту
openings-minutes = за { $n ->
    [one] { $n } минуту
    [few] { $n } минуты
   *[many] { $n } минут
  }
openings-hours = за { $n ->
    [one] { $n } час
    [few] { $n } часа
   *[many] { $n } часов
  }
openings-days = за { $n ->
    [one] { $n } день
    [few] { $n } дня
   *[many] { $n } дней
  }

# «Больше всего талонов: пн с 8 до 9 (12), вт с 8 до 9 (9).»
openings-peaks = Больше всего талонов: { $peaks }.
openings-peak = { $weekday } с { $from } до { $to } ({ $n })

# Стоит и на картинке: простой текст.
openings-seen = Видел { $n ->
    [one] { $n } открытие
    [few] { $n } открытия
   *[many] { $n } открытий
  } в { $days ->
    [one] { $days } разный день
    [few] { $days } разных дня
   *[many] { $days } разных дней
  }
openings-all = Считаю все талоны, не только подходящие вам.

openings-few = Пока мало наблюдений: { $n } из { $need } нужных, а разных дней { $days } из { $needdays }.
openings-few-times = Пока мало наблюдений: { $n } из { $need } нужных.
openings-few-days = Пока мало наблюдений: разных дней { $days } из { $needdays } нужных.
openings-none = Пока мало наблюдений: при мне талоны ещё ни разу не открывались. Расскажу, когда увижу хотя бы { $need } открытий в { $needdays } разных дней.
openings-soon = Если пойдёт так же, смогу сказать примерно через { $n ->
    [one] { $n } день
    [few] { $n } дня
   *[many] { $n } дней
  }.
openings-whole = Только об этом враче наблюдений пока мало. Вот обо всех врачах этой специальности здесь:
openings-together = <b>Все вместе</b>
openings-rest = По остальным ({ $n }) наблюдений пока мало.
openings-unshown = Ещё { $n } — только в общем итоге.

## Картинка: простой текст

pic-week = сколько талонов открывалось по дням недели и часам
pic-less = меньше
pic-more = больше
