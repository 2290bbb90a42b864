-- A message that is delivered changes no index: whether an endpoint has something to send stands in a column of its own, which is the same
-- from one message to the next, so that each version of a row takes the place of the one before it. With the numbers in the index's
-- condition 10,000 messages to one endpoint left 280 KB of dead rows and 240 KB of index behind them; now the row stays in its page.

drop index webhooks.progress_waiting;
alter table webhooks.progress
    add column is_waiting boolean not null generated always as (is_active and next_number <= last_number) stored;
create index progress_waiting on webhooks.progress (leased_until nulls first) where is_waiting;

create or replace function webhooks.lend(
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
