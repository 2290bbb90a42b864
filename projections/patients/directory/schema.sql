-- Who there is. Runs as scheduler_owner with search_path on the schema that is filled.

-- What is known of a person stays sealed, as the sealed part of the event that said it last: it opens under the person's key alone.
-- What was said of contacts and noted by staff is kept in the same way, each as its own event sealed it.
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

-- A row for each of a person's tokens, by which they are found. The array itself cannot be searched: its operators are not leakproof,
-- so under row-level security no index would serve them; but it finds these rows again, without another index.
-- of_contact tells a token of the person's contacts from one of their own: each kind comes and goes by itself.
create table search_term (
    tenant_id  uuid not null,
    token      bigint not null,
    patient_id uuid not null,
    of_contact boolean not null default false,
    primary key (tenant_id, token, patient_id, of_contact)
);

do $$
declare
    t text;
begin
    foreach t in array array['patient', 'search_term'] loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format('create policy tenant on %I using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy whole on %I for select to scheduler_backup using (true)', t);
        execute format('grant select, insert, update, delete on %I to scheduler_projector', t);
        execute format('grant select on %I to scheduler_app, scheduler_backup', t);
    end loop;
end $$;
