-- Lets a dead job run again; returns false if there is no dead one with this id.
create or replace function jobs.retry(p_job uuid, p_now timestamptz) returns boolean
language plpgsql
as $$
declare
    chosen record;
begin
    select j.tenant_id, j.name into chosen from jobs.job j where j.job_id = p_job and j.dead_at is not null;
    if not found then
        return false;
    end if;
    update jobs.queue q set ready_at = least(q.ready_at, p_now) where q.tenant_id = chosen.tenant_id and q.name = chosen.name;
    update jobs.job j set due_at = p_now, attempts = 0, dead_at = null where j.job_id = p_job and j.dead_at is not null;
    notify scheduler_jobs;
    return true;
end
$$;

revoke all on function jobs.retry from public;
grant execute on function jobs.retry to scheduler_worker;
