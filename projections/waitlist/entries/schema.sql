-- Who waits, what has become free for them, and what was offered to whom. Runs as scheduler_owner with search_path on the schema that
-- is filled. An offer's time runs out by the clock, so a status is what was answered, and null until then.

create table entry (
    tenant_id      uuid not null,
    entry_id       uuid not null,
    patient_id     uuid not null,
    service_id     uuid not null,
    clinician_id   uuid,
    window_starts  timestamptz[] not null,
    window_ends    timestamptz[] not null,
    notice_minutes integer not null,
    status         text not null,
    appointment_id uuid,
    joined_at      timestamptz not null,
    -- The place in line: the position at which the entry joined.
    place          bigint not null,
    version        integer not null,
    position       bigint not null,
    primary key (tenant_id, entry_id)
) with (fillfactor = 80);

create index entry_by_place on entry (tenant_id, place);
create index entry_waiting on entry (tenant_id, place) where status = 'waiting';
create index entry_by_patient on entry (tenant_id, patient_id, place);

create table opening (
    tenant_id    uuid not null,
    opening_id   uuid not null,
    clinician_id uuid not null,
    starts_at    timestamptz not null,
    ends_at      timestamptz not null,
    cause        text not null,
    -- The position at which it was opened.
    place        bigint not null,
    version      integer not null,
    position     bigint not null,
    primary key (tenant_id, opening_id)
) with (fillfactor = 80);

create index opening_by_place on opening (tenant_id, place);

create table offer (
    tenant_id      uuid not null,
    offer_id       uuid not null,
    opening_id     uuid not null,
    entry_id       uuid not null,
    patient_id     uuid not null,
    service_id     uuid not null,
    clinician_id   uuid not null,
    location_id    uuid not null,
    resource_ids   uuid[] not null,
    starts_at      timestamptz not null,
    ends_at        timestamptz not null,
    made_at        timestamptz not null,
    expires_at     timestamptz not null,
    answer         text,
    because        text,
    appointment_id uuid,
    version        integer not null,
    position       bigint not null,
    primary key (tenant_id, offer_id)
) with (fillfactor = 80);

create index offer_by_entry on offer (tenant_id, entry_id, offer_id);
create index offer_by_opening on offer (tenant_id, opening_id, offer_id);

do $$
declare
    t text;
begin
    foreach t in array array['entry', 'opening', 'offer'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        -- As a subquery the practice is looked up once a statement, and not once a row.
        execute format('create policy tenant on %I using (tenant_id = (select log.current_tenant()))'
                       ' with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy whole on %I for select to scheduler_backup using (true)', t);
        execute format('grant select, insert, update, delete on %I to scheduler_projector', t);
        execute format('grant select on %I to scheduler_app, scheduler_backup', t);
    end loop;
end $$;
