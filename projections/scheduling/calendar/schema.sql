-- The current state of each appointment. placed_position is the event that set its clinician,
-- resources and time. assigned_starts_at is the start that an import chose for a file without times.
-- The cancelled_ columns are null unless it is cancelled.

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
    cancellation_notice_minutes integer,
    booked_at             timestamptz not null,
    series_id             uuid,
    occurrence            integer,
    original              text,
    cancelled_at          timestamptz,
    cancelled_by          text,
    cancelled_late        boolean,
    origin                text not null,
    assigned_starts_at    timestamptz,
    version               integer not null,
    position              bigint not null,
    placed_position       bigint not null,
    primary key (tenant_id, appointment_id)
) with (fillfactor = 80);

create index appointment_by_start on appointment (tenant_id, starts_at, appointment_id);
create index appointment_by_clinician on appointment (tenant_id, clinician_id, starts_at);
create index appointment_by_patient on appointment (tenant_id, patient_id, starts_at);

-- The earlier places of appointments and group sessions that were moved: from one event until
-- another. Other earlier values are read from the log, once a row here shows that they are needed.

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

-- The series of appointments. The state of each appointment is in its own row.

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

-- The current state of each group session, with counts of its patients.

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
    cancellation_notice_minutes integer,
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

-- The courses: the current staff, and the start of the first session. The state of each session is
-- in its own row.

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

-- All patients who were ever on the roster of a session, with their current status. The cancelled_
-- columns are those of the seat's last cancellation, and apply only while the status is withdrawn.

create table enrolment (
    tenant_id   uuid not null,
    session_id  uuid not null,
    patient_id  uuid not null,
    status      text not null,
    attended    boolean,
    cancelled_at timestamptz,
    cancelled_by text,
    cancelled_late boolean,
    since       timestamptz not null,
    position    bigint not null,
    primary key (tenant_id, session_id, patient_id)
) with (fillfactor = 80);

create index enrolment_by_patient on enrolment (tenant_id, patient_id, session_id);

-- The names of services, locations and resources. Clinicians are persons: their names stay sealed.

create table catalogue (
    tenant_id uuid not null,
    thing_id  uuid not null,
    kind      text not null,
    name      text not null,
    zone      text,
    is_active boolean not null,
    primary key (tenant_id, thing_id)
);
