-- The streams (appointments, sessions, consents) that belong to the history of a patient, a
-- clinician or a resource (thing_id), each since an event. Histories themselves are read from the
-- log.

create table participation (
    tenant_id uuid not null,
    thing_id  uuid not null,
    position  bigint not null,
    stream_id uuid not null,
    primary key (tenant_id, thing_id, position)
);

-- The log in chapters of 64 events, each with the earliest time at which one of them was recorded.
-- Clocks may go back, positions never do: so the position that the log had reached at an instant is
-- in the last chapter whose earliest time is not later.
create table chapter (
    tenant_id     uuid not null,
    last_position bigint not null,
    earliest_at   timestamptz not null,
    primary key (tenant_id, last_position)
);

grant select on participation, chapter to scheduler_auditor;
