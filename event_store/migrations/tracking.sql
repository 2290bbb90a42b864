-- Schema `migration`: what was applied, and the row-level security that all tenant tables share.
-- Runs as scheduler_owner before each migration run; safe to run twice.

create schema if not exists migration;

create table if not exists migration.applied (
    name       text primary key,
    checksum   text not null,
    applied_at timestamptz not null default now()
);

alter table migration.applied enable row level security;
alter table migration.applied force row level security;
drop policy if exists owner on migration.applied;
create policy owner on migration.applied to scheduler_owner using (true) with check (true);

-- Isolate the tenants in all tables of a schema that have a tenant_id: enable and force row-level
-- security, and let a transaction see and write the rows of its own tenant only. Tables that have
-- the policy are skipped, so a later migration may add a table and call this again.
--
-- p_tenant is the expression for the transaction's tenant. As a subquery it is evaluated once per
-- statement instead of once per row. With p_backup, scheduler_backup may read the rows of all
-- tenants; it reads partitions through their parent.
create or replace procedure migration.isolate_tenants(
    p_schema text,
    p_tenant text default '(select log.current_tenant())',
    p_backup boolean default true
)
language plpgsql
as $$
declare
    r record;
begin
    for r in
        select c.oid::regclass as name, c.relispartition
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = p_schema::regnamespace and c.relkind in ('r', 'p')
          and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant')
    loop
        execute format('alter table %s enable row level security', r.name);
        execute format('alter table %s force row level security', r.name);
        execute format('create policy tenant on %s using (tenant_id = %s) with check (tenant_id = %2$s)',
                       r.name, p_tenant);
        if p_backup and not r.relispartition then
            execute format('create policy whole on %s for select to scheduler_backup using (true)', r.name);
            execute format('grant select on %s to scheduler_backup', r.name);
        end if;
    end loop;
end
$$;

revoke all on procedure migration.isolate_tenants from public;
