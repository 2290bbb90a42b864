-- Ends a lease. Without `p_due` and `p_error` the job is done and deleted; with `p_due` it runs
-- again then; with `p_error` alone it is dead. What was enqueued meanwhile under the same key stays
-- as it is. Returns false if the lease has gone to another worker.
create or replace function jobs.finish(
    p_tenant uuid, p_name text, p_key text, p_lease uuid, p_revision integer, p_now timestamptz,
    p_due timestamptz, p_error text, p_attempts integer
)
returns boolean
language plpgsql
as $$
declare
    next_due timestamptz;
begin
    perform from jobs.queue q where q.tenant_id = p_tenant and q.name = p_name and q.lease = p_lease for update;
    if not found then
        return false;
    end if;
    if p_due is null and p_error is null then
        delete from jobs.job j
        where j.tenant_id = p_tenant and j.name = p_name and j.key = p_key and j.revision = p_revision;
    else
        update jobs.job j
        set due_at = coalesce(p_due, j.due_at), error = p_error, attempts = p_attempts, lease = null,
            dead_at = case when p_due is null then p_now end
        where j.tenant_id = p_tenant and j.name = p_name and j.key = p_key and j.revision = p_revision;
    end if;
    next_due := jobs.next_due(p_tenant, p_name);
    -- Behind the queues that have become ready meanwhile.
    update jobs.queue q
    set lease = null, leased_until = clock_timestamp(), ready_at = case when next_due is not null then greatest(next_due, p_now) end
    where q.tenant_id = p_tenant and q.name = p_name;
    return true;
end
$$;

revoke all on function jobs.finish from public;
grant execute on function jobs.finish to scheduler_worker;
