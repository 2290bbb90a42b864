-- The patient directory. Personal data stays sealed under the person's key: details, contacts and
-- remarks are each the sealed part of the last event that set them.
create table patient (
    tenant_id        uuid not null,
    patient_id       uuid not null,
    sealed           bytea,
    sealed_type      text,
    sealed_version   integer,
    contacts         bytea,
    contacts_version integer,
    remarks          bytea,
    remarks_version  integer,
    zone             text,
    locale           text,
    tokens           bigint[] not null,
    contact_tokens   bigint[] not null default '{}',
    merged_into      uuid,
    is_erased        boolean not null,
    is_withdrawn     boolean not null default false,
    registered_at    timestamptz not null,
    version          integer not null,
    position         bigint not null,
    primary key (tenant_id, patient_id)
) with (fillfactor = 80);

create index patient_by_survivor on patient (tenant_id, merged_into) where merged_into is not null;

-- One row for each search token of a patient. The arrays in `patient` cannot be searched: array
-- operators are not leakproof, so row-level security keeps an index from being used. They give the
-- rows to delete. of_contact: a token of one of the patient's contacts, not of the patient.
create table search_term (
    tenant_id  uuid not null,
    token      bigint not null,
    patient_id uuid not null,
    of_contact boolean not null default false,
    primary key (tenant_id, token, patient_id, of_contact)
);
