-- Delivery under pressure: breaker, slow start, rate, the share of retries and replays; who, what, before, after, why in the audit.

alter table endpoint
  add column breaker         text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
  add column failures        integer not null default 0,      -- of the endpoint, in a row
  add column window_started  timestamptz not null default now(), -- the span in which the next two count
  add column window_attempts integer not null default 0,
  add column window_failures integer not null default 0,
  add column opened_at       timestamptz,
  add column opened_by       text,                            -- the failure that opened the breaker
  add column probes          integer not null default 0,      -- failed since it opened
  add column probe_at        timestamptz,                     -- when the next one may be made
  add column slow_start      integer,                         -- the window after a recovery, doubled by success; null: the full one
  add column tokens          double precision,                -- what a rate has left to spend
  add column tokens_at       timestamptz;

-- A retry or a replay: together they get at most half of an endpoint's window.
alter table delivery add column again boolean not null default false;
alter table delivery
  add column probe      boolean not null default false,       -- the one attempt at an endpoint whose breaker is open
  add column doubtful   boolean not null default false,       -- an attempt was ambiguous: the endpoint may have it
  add column worker     text,                                 -- of the attempt under way, with its beginning
  add column claimed_at timestamptz;
update delivery set again = true where attempts > 0 or replay_of is not null;
drop index delivery_due;
create index delivery_due on delivery (tenant, endpoint, again, next_attempt_at, position) where state in ('pending', 'retry_wait') and waiting = 0;

-- A place is active when its delivery is the head of the key: whoever is sent holds every one of its keys. The order invariant stays
-- physical: two deliveries of one order can never be heads, let alone under way, at one endpoint.
drop index delivery_key_active;
update delivery_key k set active = k.open and not exists (
  select from delivery_key p where p.tenant = k.tenant and p.endpoint = k.endpoint and p.order_key = k.order_key and p.open and p.seq < k.seq);
create unique index delivery_key_active on delivery_key (tenant, endpoint, order_key) where active;

alter table audit add column before jsonb, add column after jsonb;
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_change();

-- An attempt is written once, when it has ended: the row of the delivery says which one is under way, since when and by whom.
update delivery d set worker = a.worker, claimed_at = a.started_at
from delivery_attempt a where a.delivery_id = d.id and a.n = d.attempt_count and d.state = 'in_flight';
update delivery d set doubtful = true where exists (select from delivery_attempt a where a.delivery_id = d.id and a.class = 'ambiguous');
delete from delivery_attempt where ended_at is null;
alter table delivery_attempt alter column ended_at set not null, alter column class set not null, alter column started_at drop default;
create trigger delivery_attempt_append_only before update or delete on delivery_attempt for each row execute function refuse_change();
