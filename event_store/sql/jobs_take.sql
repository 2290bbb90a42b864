-- Leases the queue that has been ready for longest, and returns its next job: the most urgent one,
-- then the one due first. Two statements, since the second must see what was committed before the
-- first one locked the queue.
create or replace function jobs.take(p_lease uuid, p_seconds double precision, p_now timestamptz, p_busy uuid[], p_names text[])
returns setof jobs.job
language plpgsql
as $$
declare
    chosen record;
begin
    loop
        update jobs.queue q set lease = p_lease, leased_until = clock_timestamp() + make_interval(secs => p_seconds)
        from (
            select w.tenant_id, w.name from jobs.queue w
            where w.ready_at <= p_now and (w.leased_until is null or w.leased_until <= clock_timestamp())
              and w.tenant_id <> all (p_busy) and w.name = any (p_names)
            order by w.ready_at, w.leased_until nulls first limit 1 for update skip locked
        ) as c
        where q.tenant_id = c.tenant_id and q.name = c.name
        returning q.tenant_id, q.name into chosen;
        if not found then
            return;
        end if;
        return query
        update jobs.job j set lease = p_lease, attempts = j.attempts + 1
        from (
            select first.key from generate_series(0, 2) as p (priority) cross join lateral (
                select w.key, w.due_at from jobs.job w
                where w.tenant_id = chosen.tenant_id and w.name = chosen.name and w.priority = p.priority and w.dead_at is null
                  and w.due_at <= p_now
                order by w.due_at limit 1
            ) as first
            order by p.priority desc limit 1
        ) as next
        where j.tenant_id = chosen.tenant_id and j.name = chosen.name and j.key = next.key
        returning j.*;
        exit when found;
        -- It was cancelled or moved to a later time.
        update jobs.queue q set lease = null, leased_until = clock_timestamp(), ready_at = jobs.next_due(q.tenant_id, q.name)
        where q.tenant_id = chosen.tenant_id and q.name = chosen.name;
    end loop;
end
$$;

revoke all on function jobs.take from public;
grant execute on function jobs.take to scheduler_worker;
