-- Areas: one target for a specialty in a district or the whole city. ------------------------------------

-- Written by the bot. The departments an area covers now stand in watch_targets.
create table watch_areas (
    id          integer primary key autoincrement,
    watch_id    integer not null references watches (id) on delete cascade,
    fer_id      text    not null,          -- '' = none
    name        text    not null,          -- plain: shared::specialty
    district_id text    not null,          -- '' = the whole city
    is_for_children integer                -- null = clinics for children and others
) strict;
create unique index watch_areas_once on watch_areas (watch_id, fer_id, name, district_id, ifnull(is_for_children, -1));

alter table watch_targets add column area_id integer references watch_areas (id) on delete cascade; -- null = chosen by hand
-- 1 = joined after the watch had begun to tell: everything free there is news, wherever the cursor of the watch is.
alter table watch_targets add column is_new integer not null default 0;
create index watch_targets_of_area on watch_targets (area_id) where area_id is not null;

alter table shares add column areas text not null default '[]';          -- JSON

-- Since when a clinic's good lists are without the department; null = in the last one.
alter table departments add column missing_since integer;
-- Since when the clinic is not open for booking; null = it is.
alter table lpus add column closed_since integer;
update lpus set closed_since = read_at where is_active = 0;
update departments as d set missing_since = (
    select c.read_at from catalogue_lists c where c.name = 'specialties/' || d.lpu_id and c.read_at > d.read_at);
