-- When the next job of a queue is due; null if none waits.
create or replace function jobs.next_due(p_tenant uuid, p_name text) returns timestamptz
language sql stable
as $$
    select min(first.due_at) from generate_series(0, 2) as p (priority) cross join lateral (
        select j.due_at from jobs.job j
        where j.tenant_id = p_tenant and j.name = p_name and j.priority = p.priority and j.dead_at is null
        order by j.due_at limit 1
    ) as first
$$;

revoke all on function jobs.next_due from public;
grant execute on function jobs.next_due to scheduler_projector, scheduler_worker;
