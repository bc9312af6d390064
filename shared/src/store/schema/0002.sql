-- Times are milliseconds since 1970 in UTC, as in 0001.

-- ---- Words: what a person chose lately, and watches passed on by a link ----

-- Offered again on top of the first menu of /add. Trimmed to the newest few of each person.
create table recent_targets (
    person_id    integer not null references people (id) on delete cascade,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,         -- '' = any doctor of the department
    used_at      integer not null,
    primary key (person_id, lpu_id, specialty_id, doctor_id)
) strict, without rowid;

insert or replace into recent_targets (person_id, lpu_id, specialty_id, doctor_id, used_at)
select w.person_id, t.lpu_id, t.specialty_id, ifnull(t.doctor_id, ''), max(w.created_at)
from watches w join watch_targets t on t.watch_id = w.id
group by 1, 2, 3, 4;

-- Whoever holds the token may copy these targets with this wish. Nothing here tells who made it.
create table shares (
    token      text    primary key,        -- 128 random bits
    targets    text    not null,           -- JSON
    wish       text    not null,           -- JSON
    expires_at integer not null
) strict, without rowid;
create index shares_by_content on shares (targets, wish);
create index shares_by_expiry on shares (expires_at);

-- How many links a person made lately, to bound them; not which.
create table shares_made (
    id        integer primary key autoincrement,
    person_id integer not null references people (id) on delete cascade,
    made_at   integer not null
) strict;
create index shares_made_by on shares_made (person_id, made_at);

-- Instants are UTC milliseconds since 1970, days and hours those of St. Petersburg.

-- ---- Living with it: facts about doctors, how a week went, groups, operators ----

alter table people add column weekly_at integer;                        -- the weekly line was told last
alter table people add column only_admins integer not null default 0;   -- a group whose administrators alone change its list

-- Written by the bot: what a person was told of a doctor who is missing; goes when the return was told.
create table told_facts (
    person_id    integer not null references people (id) on delete cascade,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,
    successor    text,                     -- the new id they were offered; null = "no longer listed"
    told_at      integer not null,
    primary key (person_id, lpu_id, specialty_id, doctor_id)
) strict, without rowid;

-- Written by the bot: who of a group takes what an alert tells. The name is asked of Telegram when it is shown.
create table takers (
    person_id  integer not null references people (id) on delete cascade,
    message_id integer not null,
    user_id    integer not null,
    taken_at   integer not null,
    primary key (person_id, message_id)
) strict, without rowid;

-- Written by the bot: a message of an operator to everybody.
create table broadcasts (
    id         integer primary key autoincrement,
    chat_id    integer not null,           -- the operator's
    topic_id   integer,
    text       text    not null,
    message_id integer,                    -- shows how far it is
    made_at    integer not null,
    started_at integer,                    -- null = not confirmed
    ended_at   integer,
    through    integer not null default 0, -- the last person served; the cursor
    n_people   integer not null default 0,
    n_sent     integer not null default 0,
    n_failed   integer not null default 0
) strict;

-- Written by the pinger, in the transaction of each look.
create table looks_daily (
    lpu_id    integer not null,
    doctor_id text    not null,
    day       text    not null,            -- 2026-11-20
    n_looks   integer not null,
    n_failed  integer not null,
    primary key (lpu_id, doctor_id, day)
) strict, without rowid;

create table requests_hourly (
    hour      integer primary key,         -- its first instant
    n_good    integer not null,
    n_failed  integer not null
) strict;

create index department_doctors_missing on department_doctors (lpu_id, specialty_id, doctor_id)
    where missing_since is not null;
create index events_of_doctor on events (lpu_id, doctor_id, at);
-- Cards of watches: what a card listed counts as told, so that no other watch of the person tells it again. ---------

create table card_slots (
    watch_id  integer not null references watches (id) on delete cascade,
    lpu_id    integer not null,
    doctor_id text    not null,
    start     integer not null,
    opened_by integer not null,
    primary key (watch_id, lpu_id, doctor_id, start)
) strict, without rowid;
create index card_slots_by_start on card_slots (start);

-- Visits: written by the bot. -------------------------------------------------------------------------

-- What each alert told, as it told it: "I booked" asks for it after the talon has left the portal, and the buttons
-- of an alert outlive its `alert_slots`, which go with their watch.
create table told_slots (
    person_id    integer not null references people (id) on delete cascade,
    message_id   integer not null,
    number       integer not null,         -- inside its message
    watch_id     integer references watches (id) on delete set null,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,
    start        integer not null,
    end          integer not null,
    room         text,
    address      text,
    primary key (person_id, message_id, number)
) strict, without rowid;
create index told_slots_of_watch on told_slots (watch_id);
create index told_slots_by_start on told_slots (start);

create table bookings (
    id           integer primary key autoincrement,
    person_id    integer not null references people (id) on delete cascade,
    watch_id     integer references watches (id) on delete set null,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,
    start        integer not null,
    end          integer not null,
    room         text,
    address      text,
    created_at   integer not null
) strict;
create unique index bookings_once on bookings (person_id, lpu_id, doctor_id, start);
create index bookings_of_watch on bookings (watch_id);
create index bookings_by_start on bookings (start);

create table reminders (
    booking_id integer not null references bookings (id) on delete cascade,
    kind       text    not null,           -- 'evening', 'soon'
    due_at     integer not null,
    sent_at    integer,                    -- null = still to be sent
    primary key (booking_id, kind)
) strict, without rowid;
create index reminders_pending on reminders (due_at) where sent_at is null;
