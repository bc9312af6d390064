-- Specialties that vanished. Instants are UTC milliseconds since 1970. -------------------------------------

-- Since when none of what an area covers has been listed; null = some of it is, or none of it was ever known. Written by
-- the bot, as the whole row is.
alter table watch_areas add column gone_at integer;

-- Written by the bot: areas whose people were told that all of it is gone; a row goes when the return was told. What was
-- told of one department stands in `told_facts`, with '' for its doctor.
create table told_areas (
    area_id integer primary key references watch_areas (id) on delete cascade,
    told_at integer not null
) strict;

create index departments_missing on departments (lpu_id, specialty_id) where missing_since is not null;
