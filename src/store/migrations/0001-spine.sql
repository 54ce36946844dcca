-- The spine: raw messages, their translation, canonical events, ordered deliveries.
-- Every table carries the tenant. Only this server's clock stamps leases and due times.

-- Names this installation in stores that it may share with others: queue keys in one Redis.
create table installation (
  only_one boolean primary key default true check (only_one),
  id       uuid not null default gen_random_uuid()
);
insert into installation default values;

-- ── Receive (T1) ─────────────────────────────────────────────────────────────────────────────────────────────

create table raw_blob (
  id         uuid primary key,
  tenant     text not null,
  size       bigint,                          -- null while it is still being written
  sha256     text,
  created_at timestamptz not null default now()
);

create table raw_chunk (
  tenant  text not null,
  blob_id uuid not null references raw_blob on delete cascade,
  n       integer not null,
  bytes   bytea not null,
  primary key (blob_id, n)
);
alter table raw_chunk alter column bytes set storage external;   -- documents are read in ranges; compressing them costs more than it saves

create table partner_arrival (
  tenant  text not null,
  partner text not null,
  last    bigint not null,
  primary key (tenant, partner)
);

create table message (
  id              uuid primary key,
  tenant          text not null,
  partner         text not null,
  channel         text not null,               -- name in the partner file
  channel_type    text not null,
  receipt_key     text not null,               -- identifies the hand-over, stable across redelivery
  arrival         bigint not null,             -- per partner, in the order of arrival
  filename        text not null,
  blob_id         uuid not null references raw_blob,
  size            bigint not null,
  sha256          text not null,
  state           text not null default 'received' check (state in ('received', 'translated', 'failed', 'discarded')),
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  problems        jsonb not null default '[]', -- faults that belong to no document
  faulty          boolean not null default false, -- one of them is an error that nobody has closed: a dead letter
  received_at     timestamptz not null default now(),
  translated_at   timestamptz,
  unique (tenant, receipt_key),
  unique (tenant, partner, arrival)
);
create index message_due on message (tenant, partner, arrival) where state = 'received';
create index message_dead on message (tenant) where state = 'failed' or faulty;
create index message_received on message (tenant, received_at desc, id);

-- One poller at a time for each drop, whatever the number of gateways.
create table drop_lease (
  tenant      text not null,
  name        text not null,
  lease_token uuid not null,
  lease_until timestamptz not null,
  primary key (tenant, name)
);

-- ── Translate (T2) ───────────────────────────────────────────────────────────────────────────────────────────

-- One message per partner is translated at a time: the lease is the lane.
create table partner_lane (
  tenant       text not null,
  partner      text not null,
  generation   bigint not null default 0,
  hinted_until timestamptz not null default '-infinity',
  lease_token  uuid,
  lease_until  timestamptz not null default '-infinity',
  primary key (tenant, partner)
);

create table document (
  id              uuid primary key,
  tenant          text not null,
  partner         text not null,
  message_id      uuid not null references message,
  ordinal         integer not null,            -- of the transaction set in the message, from 1
  type            text not null,               -- 855
  state           text not null check (state in ('translated', 'duplicate', 'rejected', 'failed', 'quarantined', 'retrying', 'discarded')),
  verdict         text not null check (verdict in ('accepted', 'accepted_with_errors', 'rejected')),
  envelope        jsonb not null,
  byte_offset     bigint not null,
  segments        integer not null,
  problems        jsonb not null default '[]',
  fingerprint     text,                        -- of the first error; groups dead letters
  mapping         text,
  mapping_version text,
  mapping_hash    text,
  created_at      timestamptz not null default now(),
  unique (message_id, ordinal)
);
create index document_dead on document (tenant, fingerprint, created_at) where state in ('rejected', 'failed', 'quarantined');

create table event (
  id              uuid primary key,            -- deterministic: src/core/identity.ts
  tenant          text not null,
  partner         text not null,
  document_id     uuid not null references document,
  name            text not null,               -- ship_notice.received
  document_number text not null,
  order_numbers   text[] not null,             -- as order keys compare them: src/core/identity.ts
  test            boolean not null,
  body            text not null,               -- the CloudEvent, byte for byte as it is sent
  lineage         json not null,               -- where each value came from; read whole, never searched
  routed_to       integer not null,            -- 0: unrouted, no endpoint wanted it
  created_at      timestamptz not null default now()
);
create index event_document on event (document_id);
create index event_order_numbers on event using gin (order_numbers);
create index event_unrouted on event (tenant, created_at) where routed_to = 0;

-- ── Deliver ──────────────────────────────────────────────────────────────────────────────────────────────────

create table endpoint (
  tenant                 text not null,
  name                   text not null,
  state                  text not null default 'active' check (state in ('active', 'parked', 'disabled')),
  park_reason            text,
  consecutive_rejections integer not null default 0,
  parked_at              timestamptz,
  primary key (tenant, name)
);

-- One counter per order key for all endpoints. Whoever opens or closes a place in the order of a key locks its row first.
create table order_key (
  tenant   text not null,
  key      text not null,
  last_seq bigint not null,
  primary key (tenant, key)
);

create table delivery (
  id              uuid primary key,
  position        bigint generated always as identity, -- of what is due at the same time, the older goes first
  tenant          text not null,
  endpoint        text not null,
  event_id        uuid not null references event,
  state           text not null default 'pending'
                  check (state in ('pending', 'queued', 'in_flight', 'retry_wait', 'succeeded', 'dead', 'skipped', 'discarded', 'superseded')),
  waiting         integer not null default 0,  -- on how many of its order keys it is not the head
  generation      integer not null default 0,  -- one per hint; a hint of another generation is stale
  attempts        integer not null default 0,  -- charged against the schedule
  attempt_count   integer not null default 0,  -- all
  next_attempt_at timestamptz not null default now(),
  queued_until    timestamptz,
  lease_token     uuid,
  lease_until     timestamptz,
  idempotency_key uuid not null,
  replay_of       uuid references delivery,
  last_class      text,
  last_status     integer,
  last_detail     text,
  dead_reason     text,
  fingerprint     text,
  note            text,                        -- why ops skipped or discarded it
  created_at      timestamptz not null default now(),
  ended_at        timestamptz,
  foreign key (tenant, endpoint) references endpoint (tenant, name)
);
create unique index delivery_once on delivery (tenant, endpoint, event_id) where replay_of is null;
create index delivery_event on delivery (event_id);
create index delivery_due on delivery (tenant, endpoint, next_attempt_at, position) where state in ('pending', 'retry_wait') and waiting = 0;
create index delivery_window on delivery (tenant, endpoint, state) where state in ('queued', 'in_flight');
create index delivery_dead on delivery (tenant, fingerprint, ended_at) where state = 'dead';

create table delivery_key (
  delivery_id uuid not null references delivery,
  tenant      text not null,
  endpoint    text not null,
  order_key   text not null,
  seq         bigint not null,
  open        boolean not null default true,   -- still holds its place: not succeeded, skipped, discarded, superseded
  active      boolean not null default false,  -- queued, in flight, waiting for a retry, or blocking dead
  primary key (delivery_id, order_key),
  unique (tenant, endpoint, order_key, seq)
);
-- The order invariant is physical: two deliveries of one order can never be under way at one endpoint.
create unique index delivery_key_active on delivery_key (tenant, endpoint, order_key) where active;
create index delivery_key_open on delivery_key (tenant, endpoint, order_key, seq) where open;

create table delivery_attempt (
  tenant        text not null,
  delivery_id   uuid not null references delivery,
  n             integer not null,
  started_at    timestamptz not null default clock_timestamp(),
  ended_at      timestamptz,
  class         text,
  status        integer,
  detail        text,
  response_body text,
  worker        text not null,
  primary key (delivery_id, n)
);

-- ── Audit ────────────────────────────────────────────────────────────────────────────────────────────────────

create table audit (
  id      bigint generated always as identity primary key,
  tenant  text not null,
  at      timestamptz not null default now(),
  actor   text not null,
  action  text not null,
  subject text not null,
  reason  text,
  detail  jsonb not null default '{}'
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'table % is append-only', tg_table_name;
end $$;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
