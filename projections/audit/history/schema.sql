-- Which visits (stream_id) a thing takes part in, and since which event. A thing's own events, and a visit's, are found in the log, and copied nowhere.
-- Runs as scheduler_owner with search_path on the schema that is filled.

create table participation (
    tenant_id uuid not null,
    thing_id  uuid not null,
    position  bigint not null,
    stream_id uuid not null,
    primary key (tenant_id, thing_id, position)
);

-- The log in chapters of 64 events, each with the earliest time at which one of them was recorded. Clocks may go back, positions
-- never do: the last chapter that began to be recorded by an instant holds the position that the log had reached.
create table chapter (
    tenant_id     uuid not null,
    last_position bigint not null,
    earliest_at   timestamptz not null,
    primary key (tenant_id, last_position)
);

do $$
declare
    t text;
begin
    foreach t in array array['participation', 'chapter'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        -- As a subquery the practice is looked up once a statement, and not once a row.
        execute format('create policy tenant on %I using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy whole on %I for select to scheduler_backup using (true)', t);
        execute format('grant select, insert, update, delete on %I to scheduler_projector', t);
        execute format('grant select on %I to scheduler_app, scheduler_auditor, scheduler_backup', t);
    end loop;
end $$;
