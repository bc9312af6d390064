-- Instants are UTC milliseconds since 1970. Ids of the portal are opaque text, scoped to their Lpu.

-- Written by the bot. -----------------------------------------------------------------------------

create table people (
    id           integer primary key autoincrement,
    chat_id      integer not null unique,  -- an attribute: chats migrate
    topic_id     integer,
    lang         text    not null,
    watching     integer not null,         -- 0 = /off
    watching_set integer,                  -- when /on or /off was said last
    quiet_from   integer,                  -- minute of the wall-clock day; null = never quiet
    quiet_to     integer,
    quiet_soon   integer not null default 1, -- a talon within a day breaks the quiet
    one_alert    integer not null default 0, -- each watch tells once, then pauses
    created_at   integer not null,
    last_seen_at integer not null,
    gone_at      integer                   -- blocked us; null = reachable
) strict;

create table watches (
    id           integer primary key autoincrement,
    person_id    integer not null references people (id) on delete cascade,
    wish         text    not null,         -- JSON
    paused_until integer,                  -- null = not paused
    is_urgent    integer not null default 0, -- breaks the quiet
    told_through integer not null,         -- event id; the delivery cursor
    created_at   integer not null,
    deleted_at   integer                   -- undone or purged within minutes
) strict;
create index watches_of_person on watches (person_id);

create table watch_targets (
    watch_id     integer not null references watches (id) on delete cascade,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text                      -- null = any doctor of the department
) strict;
create unique index watch_targets_once on watch_targets (watch_id, lpu_id, specialty_id, ifnull(doctor_id, ''));
create index watch_targets_of_department on watch_targets (lpu_id, specialty_id);
create index watch_targets_of_doctor on watch_targets (lpu_id, doctor_id);

create table alerts (
    id         integer primary key autoincrement,
    person_id  integer not null references people (id) on delete cascade,
    message_id integer not null,
    sent_at    integer not null,
    shown      text    not null            -- '1' or '0' for each of its lines: still free or struck out
) strict;
create index alerts_of_person on alerts (person_id);
create index alerts_by_time on alerts (sent_at);

create table alert_slots (
    alert_id     integer not null references alerts (id) on delete cascade,
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,
    start        integer not null,
    opened_by    integer not null,
    room         text,                     -- to show the line when the slot is no more
    address      text,
    person_id    integer not null references people (id) on delete cascade,
    watch_id     integer not null references watches (id) on delete cascade,
    is_told      integer not null default 1, -- 0 = a fresh start of the watch may tell it again
    primary key (alert_id, lpu_id, doctor_id, start)
) strict, without rowid;
create index alert_slots_of_person on alert_slots (person_id, start);
create index alert_slots_of_watch on alert_slots (watch_id);
create index alert_slots_by_slot on alert_slots (lpu_id, doctor_id, start);

create table look_requests (
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,         -- '' = the whole department
    asked_at     integer not null,
    primary key (lpu_id, specialty_id, doctor_id)
) strict, without rowid;

create table dialogues (
    chat_id    integer not null,
    user_id    integer not null,
    state      text    not null,           -- JSON
    updated_at integer not null,
    primary key (chat_id, user_id)
) strict, without rowid;

-- The catalogue of names: both write, the newer answer wins, nothing is deleted. ---------------------

create table catalogue_lists (
    name    text    primary key,           -- 'districts', 'lpus', 'lpus/14', 'specialties/30', 'doctors/30/99'
    read_at integer not null               -- rows read at this very instant are in the newest list
) strict, without rowid;

create table districts (
    id      text    primary key,
    name    text    not null,
    read_at integer not null
) strict, without rowid;

create table lpus (
    id          integer primary key,
    district_id text    not null,
    short_name  text    not null,
    full_name   text    not null,
    kind        text,
    address     text,
    phone       text,
    mis         text,
    is_active   integer not null,
    read_at     integer not null
) strict;
create index lpus_of_district on lpus (district_id);

create table departments (
    lpu_id       integer not null,
    specialty_id text    not null,
    name         text    not null,
    fer_id       text,
    n_free       integer not null,
    n_tickets    integer not null,
    nearest      integer,
    last         integer,
    read_at      integer not null,
    primary key (lpu_id, specialty_id)
) strict, without rowid;

create table doctors (
    lpu_id       integer not null,
    specialty_id text    not null,
    doctor_id    text    not null,
    name         text,
    area         text,
    comment      text,
    n_free       integer not null,
    n_tickets    integer not null,
    nearest      integer,
    last         integer,
    read_at      integer not null,
    primary key (lpu_id, specialty_id, doctor_id)
) strict, without rowid;
create index doctors_by_id on doctors (lpu_id, doctor_id);

-- Written by the pinger. ----------------------------------------------------------------------------

create table department_doctors (
    lpu_id        integer not null,
    specialty_id  text    not null,
    doctor_id     text    not null,
    listed_since  integer not null,
    missing_since integer,                 -- first good list without the doctor; null = in the last good list
    n_missing     integer not null,        -- good lists in a row without the doctor
    gone_by       integer,                 -- event that said so
    n_free        integer not null,
    n_tickets     integer not null,
    nearest       integer,
    last          integer,
    primary key (lpu_id, specialty_id, doctor_id)
) strict, without rowid;
create index department_doctors_by_id on department_doctors (lpu_id, doctor_id);

create table department_readings (
    lpu_id        integer not null,
    specialty_id  text    not null,
    begun_at      integer not null,        -- the last try, good or not
    read_at       integer not null,
    good_at       integer,                 -- last good answer
    failing_since integer,                 -- first failure of the unbroken series; null = the last try was good
    failure_kind  text,
    failure_code  integer,
    refused_since integer,                 -- first 610 or 645 of an unbroken series of them
    primary key (lpu_id, specialty_id)
) strict, without rowid;

create table doctor_readings (
    lpu_id        integer not null,
    doctor_id     text    not null,
    begun_at      integer not null,
    read_at       integer not null,
    first_good_at integer,
    good_at       integer,
    failing_since integer,
    failure_kind  text,
    failure_code  integer,
    refused_since integer,
    timetable_at  integer,                 -- when the days below were read
    n_days        integer,                 -- days of reception ahead
    first_day     integer,
    last_day      integer,
    deny_cause    text,
    primary key (lpu_id, doctor_id)
) strict, without rowid;

create table slots (
    lpu_id    integer not null,
    doctor_id text    not null,
    start     integer not null,
    end       integer not null,
    slot_id   text    not null,            -- the portal's; an attribute
    room      text,
    address   text,
    number    text,
    n_places  integer not null,
    opened_by integer not null,            -- the event that opened it
    missed_at integer,                     -- the last answer did not hold it
    primary key (lpu_id, doctor_id, start)
) strict, without rowid;
create index slots_by_opening on slots (opened_by);

create table events (
    id          integer primary key autoincrement,
    at          integer not null,
    kind        text    not null,
    lpu_id      integer not null,
    doctor_id   text,
    start       integer,
    not_seen_at integer
) strict;

-- Written by each for itself. -----------------------------------------------------------------------

create table heartbeats (
    program    text    primary key,
    started_at integer not null,
    at         integer not null,
    stopped_at integer                     -- ended in good order
) strict, without rowid;

create table holds (
    name       text    primary key,
    not_before integer not null
) strict, without rowid;
