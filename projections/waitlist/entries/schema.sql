-- The wait list: its entries, the openings, and the offers. An offer expires without an event, so
-- `answer` is null until it was answered, also after it has expired.

create table entry (
    tenant_id      uuid not null,
    entry_id       uuid not null,
    patient_id     uuid not null,
    service_id     uuid not null,
    clinician_id   uuid,
    window_starts  timestamptz[] not null,
    window_ends    timestamptz[] not null,
    -- Weekly times of day in the zone of the visit's location: 'mon 09:00-12:00'.
    weekly         text[] not null,
    notice_minutes integer not null,
    status         text not null,
    appointment_id uuid,
    joined_at      timestamptz not null,
    -- The place in the queue: the position of the event that added the entry.
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
    -- The position of the event that opened it.
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
