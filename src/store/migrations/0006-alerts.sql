-- Alerts: what began and who was told of it, so that neither replicas nor restarts tell it twice.

create table alert (
  id       uuid primary key default gen_random_uuid(),
  tenant   text not null,
  rule     text not null,
  subject  text not null,                      -- an endpoint, a channel, a fingerprint: what it is about
  level    bigint not null,                    -- grows where a rule has thresholds; a higher one is told at once
  began_at timestamptz not null default now(),
  told_at  timestamptz not null default now(),
  ended_at timestamptz                         -- null: not over
);
create unique index alert_open on alert (tenant, rule, subject) where ended_at is null;
create index alert_ended on alert (tenant, ended_at) where ended_at is not null;

-- What one look at the rules had to tell one receiver. Sent at least once, under its id.
create table alert_notice (
  id              uuid primary key default gen_random_uuid(),
  tenant          text not null,
  receiver        text not null,               -- name in alerts.yaml
  changes         jsonb not null,
  more            integer not null,            -- changes that are too many to list
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null default now(), -- while it is being sent: when its sender is taken for dead
  last_detail     text,
  created_at      timestamptz not null default now(),
  sent_at         timestamptz,
  given_up_at     timestamptz
);
create index alert_notice_due on alert_notice (tenant, next_attempt_at) where sent_at is null and given_up_at is null;

-- Since when a silence counts where nothing was ever received.
create table alert_watch (
  tenant  text not null,
  subject text not null,
  since   timestamptz not null default now(),
  primary key (tenant, subject)
);

-- The oldest delivery behind an earlier one of its order. What is nobody's successor is never in it.
create index delivery_blocked on delivery (tenant, endpoint, created_at) where state in ('pending', 'retry_wait') and waiting > 0;
