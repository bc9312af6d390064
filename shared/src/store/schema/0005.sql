-- Clinics that are silent, the portal that is down, and who was told. Instants are UTC milliseconds since 1970. ------

-- Written by the pinger, in the transaction of each look, list and gate.
create table clinic_tries (
    lpu_id        integer primary key,
    tried_at      integer not null,        -- the last try that says something, good or failed
    good_at       integer,                 -- the last good one
    failing_since integer,                 -- first failure of the unbroken series; null = none
    failed_at     integer,                 -- its last failure
    n_failed      integer not null default 0,
    has_looks     integer not null default 0, -- some of them were looks: only a look ends it
    failure_kind  text,                    -- of the last failure of the series
    failure_code  integer,
    silence       integer,                 -- the event that said it is silent, the last time; null = never
    back_at       integer                  -- when that silence ended; null = it goes on, or there was none
) strict;

-- Written by the pinger: when the portal as a whole was down. The one without an end goes on.
create table outages (
    id       integer primary key autoincrement,
    since    integer not null,             -- over half of the clinics have failed since, or nothing may be asked
    is_held  integer not null,             -- a 429 keeps us from asking
    found_at integer not null,
    back_at  integer
) strict;

-- Written by the pinger, one row: since when it has been trying without a break.
create table trying (
    one        integer primary key check (one = 1),
    since      integer not null,
    held_since integer                     -- a 429 has kept us from every good answer since; null = it does not
) strict;

-- Written by the bot: silences a person was told of; a row goes when the end was told.
create table told_outages (
    person_id integer not null references people (id) on delete cascade,
    lpu_id    integer not null,            -- 0 = the portal as a whole
    silence   integer not null,            -- clinic_tries.silence, or outages.id
    told_at   integer not null,
    primary key (person_id, lpu_id)
) strict, without rowid;
