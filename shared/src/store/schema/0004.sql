-- What the pinger learned of when departments open talons. ----------------------------------------------

-- Instants are UTC milliseconds since 1970. Written by the pinger; ids of the portal are opaque text, scoped to their Lpu.

-- The counters of each department in the last list of its clinic's specialties that the pinger read: what a move is
-- measured against. The catalogue's own counters will not do, the menus write them too.
create table gates (
    lpu_id       integer not null,
    specialty_id text    not null,
    n_free       integer not null,
    n_tickets    integer not null,
    nearest      integer,
    last         integer,
    primary key (lpu_id, specialty_id)
) strict, without rowid;

-- How the readings of each clinic's specialties went.
create table gate_readings (
    lpu_id        integer primary key,
    begun_at      integer not null,        -- the last try, good or not
    read_at       integer not null,
    good_at       integer,                 -- last good answer
    failing_since integer,
    failure_kind  text,
    failure_code  integer,
    refused_since integer,
    every_ms      integer                  -- from try to try of late, on the average; null = no two yet
) strict;
alter table department_readings add column every_ms integer;
alter table doctor_readings add column every_ms integer;

-- When departments open talons, as the planner keeps it: at most a few hundred bytes each, opaque here.
create table learned (
    lpu_id       integer not null,
    specialty_id text    not null,
    profile      blob    not null,
    primary key (lpu_id, specialty_id)
) strict, without rowid;

-- Slots that appeared longer ago than events are kept, by department: `hour` counts them by hour of the week (0 = Monday,
-- midnight), `life` by how long they lasted (0 = under a minute, 1 = under two, 2 = under four and so on).
create table opened (
    lpu_id       integer not null,
    specialty_id text    not null,
    what         text    not null,         -- 'hour', 'life'
    place        integer not null,
    n            integer not null,
    primary key (lpu_id, specialty_id, what, place)
) strict, without rowid;
