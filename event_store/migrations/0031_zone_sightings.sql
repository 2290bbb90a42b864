-- Which releases of the time zone database the program has gone by, since when, and what each said of every zone: so that a time on
-- the wall can be told from an instant that was recorded by rules which are no longer installed. It is about the program itself and holds
-- no row of any practice; see docs/adr/0036.

create table log.zone_sighting (
    seen_at     timestamptz primary key,
    release     text not null,
    from_year   integer not null,
    changes     jsonb not null,
    finished_at timestamptz
);

alter table log.zone_sighting enable row level security;
alter table log.zone_sighting force row level security;
create policy program on log.zone_sighting to scheduler_app using (true) with check (true);
create policy whole on log.zone_sighting for select to scheduler_backup using (true);
grant select, insert, update (finished_at) on log.zone_sighting to scheduler_app;
grant select on log.zone_sighting to scheduler_backup;
