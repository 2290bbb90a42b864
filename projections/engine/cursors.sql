-- How far each projector has come in each practice's log. Runs as scheduler_owner; safe to run twice.

create schema if not exists projection;
grant usage on schema projection to scheduler_app, scheduler_projector, scheduler_backup;

-- error is the class of what stopped the projector in this practice, never its message; failed_position the event it stopped at.
create table if not exists projection.cursor (
    tenant_id       uuid not null,
    projector       text not null,
    position        bigint not null default 0 check (position >= 0),
    error           text,
    failed_position bigint,
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, projector)
) with (fillfactor = 50);

-- The form in which each read model was last filled.
create table if not exists projection.read_model (
    name        text primary key,
    fingerprint text not null
);

alter table projection.cursor enable row level security;
alter table projection.cursor force row level security;
alter table projection.read_model enable row level security;
alter table projection.read_model force row level security;

drop policy if exists tenant on projection.cursor;
drop policy if exists follow on projection.cursor;
drop policy if exists rebuild on projection.cursor;
drop policy if exists whole on projection.cursor;
drop policy if exists owner on projection.read_model;

create policy tenant on projection.cursor for select to scheduler_app using (tenant_id = log.current_tenant());
-- Cursors hold ids and counts only. A projector sweeps all practices; a rebuild moves all cursors at once.
create policy follow on projection.cursor to scheduler_projector using (true) with check (true);
create policy rebuild on projection.cursor to scheduler_owner using (true) with check (true);
create policy whole on projection.cursor for select to scheduler_backup using (true);
create policy owner on projection.read_model to scheduler_owner using (true) with check (true);

grant select on projection.cursor to scheduler_app, scheduler_backup;
grant select, insert, update on projection.cursor to scheduler_projector;

-- Begins a practice's part of a projector's transaction: names the practice, moves its cursors and holds them until the commit.
-- Fails with SC001 if another runner has moved one of them, so that nothing is applied twice.
create or replace function projection.advance(p_tenant uuid, p_moves json) returns void
language plpgsql
as $$
declare
    moved integer;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    update projection.cursor c
    set position = r.position, error = null, failed_position = null, updated_at = now()
    from json_to_recordset(p_moves) as r (projector text, expected bigint, position bigint)
    where c.tenant_id = p_tenant and c.projector = r.projector and c.position = r.expected;
    get diagnostics moved = row_count;
    if moved <> json_array_length(p_moves) then
        raise exception 'another runner has moved a cursor' using errcode = 'SC001';
    end if;
end
$$;

revoke all on function projection.advance from public;
grant execute on function projection.advance to scheduler_projector;
