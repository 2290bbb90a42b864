-- Every visit as it stands now. Runs as scheduler_owner with search_path on the schema that is filled.
-- placed_position is the event that put it where it is: to its clinician, its rooms and its time.

create table appointment (
    tenant_id             uuid not null,
    appointment_id        uuid not null,
    patient_id            uuid not null,
    service_id            uuid not null,
    clinician_id          uuid not null,
    location_id           uuid not null,
    resource_ids          uuid[] not null,
    starts_at             timestamptz not null,
    ends_at               timestamptz not null,
    buffer_before_minutes integer not null,
    buffer_after_minutes  integer not null,
    status                text not null,
    mode                  text not null,
    price_amount_minor    bigint not null,
    price_currency        text not null,
    booked_at             timestamptz not null,
    series_id             uuid,
    occurrence            integer,
    original              text,
    version               integer not null,
    position              bigint not null,
    placed_position       bigint not null,
    primary key (tenant_id, appointment_id)
) with (fillfactor = 80);

create index appointment_by_start on appointment (tenant_id, starts_at, appointment_id);
create index appointment_by_clinician on appointment (tenant_id, clinician_id, starts_at);
create index appointment_by_patient on appointment (tenant_id, patient_id, starts_at);

alter table appointment enable row level security;
alter table appointment force row level security;
create policy tenant on appointment using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on appointment for select to scheduler_backup using (true);

grant select, insert, update, delete on appointment to scheduler_projector;
grant select on appointment to scheduler_app, scheduler_backup;

-- Where visits and sessions were before they were moved: from an event on, until another. What never moved has no row here; whatever else
-- was different of a thing then is told by the log, where it is looked up once it is known that the thing was there.

create table former_place (
    tenant_id      uuid not null,
    thing_id       uuid not null,
    from_position  bigint not null,
    until_position bigint not null,
    clinician_ids  uuid[] not null,
    resource_ids   uuid[] not null,
    starts_at      timestamptz not null,
    ends_at        timestamptz not null,
    primary key (tenant_id, thing_id, until_position)
);

create index former_place_by_start on former_place (tenant_id, starts_at, thing_id);

alter table former_place enable row level security;
alter table former_place force row level security;
create policy tenant on former_place using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on former_place for select to scheduler_backup using (true);

grant select, insert, update, delete on former_place to scheduler_projector;
grant select on former_place to scheduler_app, scheduler_backup;

-- Every series. What has become of its visits stands in the log, and in their own rows.

create table series (
    tenant_id    uuid not null,
    series_id    uuid not null,
    patient_id   uuid not null,
    service_id   uuid not null,
    clinician_id uuid not null,
    zone         text not null,
    rrule        text not null,
    starts_at    timestamptz not null,
    booked       integer not null,
    skipped      integer not null,
    version      integer not null,
    position     bigint not null,
    primary key (tenant_id, series_id)
);

create index series_by_patient on series (tenant_id, patient_id, series_id);
create index series_by_clinician on series (tenant_id, clinician_id, series_id);

alter table series enable row level security;
alter table series force row level security;
create policy tenant on series using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on series for select to scheduler_backup using (true);

grant select, insert, update, delete on series to scheduler_projector;
grant select on series to scheduler_app, scheduler_backup;

-- Every session as it stands now, with numbers instead of names.

create table session (
    tenant_id             uuid not null,
    session_id            uuid not null,
    course_id             uuid,
    service_id            uuid not null,
    staff_ids             uuid[] not null,
    location_id           uuid not null,
    resource_ids          uuid[] not null,
    starts_at             timestamptz not null,
    ends_at               timestamptz not null,
    buffer_before_minutes integer not null,
    buffer_after_minutes  integer not null,
    status                text not null,
    mode                  text not null,
    price_amount_minor    bigint not null,
    price_currency        text not null,
    seats                 integer not null,
    taken                 integer not null,
    waiting               integer not null,
    changed_at            timestamptz not null,
    version               integer not null,
    position              bigint not null,
    placed_position       bigint not null,
    primary key (tenant_id, session_id)
) with (fillfactor = 80);

create index session_by_start on session (tenant_id, starts_at, session_id);
create index session_by_course on session (tenant_id, course_id, starts_at) where course_id is not null;

-- Every course; staff_ids give it now, and its first session is at starts_at. What has become of its sessions stands in the log, and in their own rows.

create table course (
    tenant_id  uuid not null,
    course_id  uuid not null,
    service_id uuid not null,
    staff_ids  uuid[] not null,
    seats      integer not null,
    zone       text not null,
    rrule      text not null,
    starts_at  timestamptz not null,
    planned    integer not null,
    skipped    integer not null,
    version    integer not null,
    position   bigint not null,
    primary key (tenant_id, course_id)
);

-- Who was ever on a session's roster, and how they stand there now.

create table enrolment (
    tenant_id   uuid not null,
    session_id  uuid not null,
    patient_id  uuid not null,
    status      text not null,
    attended    boolean,
    since       timestamptz not null,
    position    bigint not null,
    primary key (tenant_id, session_id, patient_id)
) with (fillfactor = 80);

create index enrolment_by_patient on enrolment (tenant_id, patient_id, session_id);

do $$
declare
    t text;
begin
    foreach t in array array['session', 'course', 'enrolment'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy tenant on %I using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy whole on %I for select to scheduler_backup using (true)', t);
        execute format('grant select, insert, update, delete on %I to scheduler_projector', t);
        execute format('grant select on %I to scheduler_app, scheduler_backup', t);
    end loop;
end $$;

-- What services, locations and resources are called. Clinicians are persons, whose names stay sealed.

create table catalogue (
    tenant_id uuid not null,
    thing_id  uuid not null,
    kind      text not null,
    name      text not null,
    zone      text,
    is_active boolean not null,
    primary key (tenant_id, thing_id)
);

alter table catalogue enable row level security;
alter table catalogue force row level security;
create policy tenant on catalogue using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on catalogue for select to scheduler_backup using (true);

grant select, insert, update, delete on catalogue to scheduler_projector;
grant select on catalogue to scheduler_app, scheduler_backup;
