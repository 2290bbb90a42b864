-- Leases up to p_most endpoints that have messages to send, those that have waited longest first:
-- with p_retries those whose last attempt failed, else the others. Tenants in p_busy are skipped.
-- Leases end by the server's clock, which all workers share.
create or replace function webhooks.lease_endpoints(
    p_lease uuid, p_seconds double precision, p_now timestamptz, p_retries boolean, p_busy uuid[], p_most integer
)
returns table (tenant_id uuid, endpoint_id uuid)
language sql
as $$
    update webhooks.progress p
    set lease = p_lease, leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    from (
        select w.tenant_id, w.endpoint_id from webhooks.progress w
        where w.is_waiting
          and case when p_retries then w.due_at <= p_now else w.due_at is null end
          and (w.leased_until is null or w.leased_until <= clock_timestamp()) and w.tenant_id <> all (p_busy)
        order by w.leased_until nulls first limit p_most for update skip locked
    ) as chosen
    where p.tenant_id = chosen.tenant_id and p.endpoint_id = chosen.endpoint_id
    returning p.tenant_id, p.endpoint_id
$$;

revoke all on function webhooks.lease_endpoints from public;
grant execute on function webhooks.lease_endpoints to scheduler_worker;
