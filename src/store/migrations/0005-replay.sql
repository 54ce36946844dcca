-- Bulk replay jobs, and endpoints that are retired with a backlog.

create table replay_job (
  id           uuid primary key,
  tenant       text not null,
  mode         text not null check (mode in ('resend', 'retranslate')),
  filter       jsonb not null,                    -- exactly what was shown when it was made
  rate         integer not null check (rate between 1 and 10000), -- items a second
  out_of_order boolean not null,
  state        text not null default 'running' check (state in ('running', 'done', 'cancelled', 'failed')),
  planned      integer not null,
  replayed     integer not null default 0,
  skipped      integer not null default 0,        -- changed meanwhile, not allowed out of order, or translated the same
  failed       integer not null default 0,
  problems     jsonb not null default '[]',       -- the last ones
  moved_at     timestamptz not null default now(), -- when it last moved something: the rate counts from there, in whatever process
  created_by   text not null,
  reason       text,
  created_at   timestamptz not null default now(),
  ended_at     timestamptz
);
create index replay_job_created on replay_job (tenant, created_at desc, id);
create index replay_job_running on replay_job (tenant, created_at) where state = 'running';

-- One for each endpoint of a job, so that an endpoint that stands holds up no other; and one for what goes through T2.
create table replay_lane (
  job_id    uuid not null references replay_job (id) on delete cascade,
  lane      text not null,
  tenant    text not null,
  planned   integer not null,
  done      integer not null default 0,           -- the cursor: the items up to this one are dealt with
  primary key (job_id, lane)
);

-- The things that the filter chose when the job was made, in the order in which they are replayed. Never changed: the lane's cursor moves.
create table replay_item (
  job_id    uuid not null references replay_job (id) on delete cascade,
  lane      text not null,
  n         integer not null,
  tenant    text not null,
  stage     text not null check (stage in ('deliver', 'translate', 'receive', 'document')),
  item_id   uuid not null,
  primary key (job_id, lane, n)
);

-- The job that last moved it.
alter table delivery add column replay_job uuid references replay_job (id);
create index delivery_replay_job on delivery (replay_job, endpoint, state) where replay_job is not null;
-- For replays, the list of dead letters and the backlog of an endpoint. What succeeded is found by a few kilobytes that cost a delivery nothing.
create index delivery_given_up on delivery (tenant, endpoint, ended_at, id) where state in ('dead', 'skipped');
create index delivery_ended on delivery using brin (ended_at) with (autosummarize = on);

-- Where the backlog of an endpoint without a queue file goes: also that which comes while the file still stands somewhere.
alter table endpoint
  add column retired_to     text,                 -- another endpoint; null: discarded
  add column retired_by     text,
  add column retired_reason text;                 -- null: not retired
