-- API keys, and what the operator's HTTP API needs: a feed that skips nothing, search by control number, a chained audit.

-- ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

create table api_key (
  tenant       text not null,
  id           text not null,                  -- stands in the key itself, and in the audit
  name         text not null,                  -- of whoever uses it; two live ones during a rotation
  secret_hash  bytea not null check (length(secret_hash) = 32),
  scopes       text[] not null check (cardinality(scopes) > 0),
  partners     text[] check (cardinality(partners) > 0), -- null: every partner
  expires_at   timestamptz,                    -- null: never, which its maker said in so many words
  created_at   timestamptz not null default now(),
  created_by   text not null,
  last_used_at timestamptz,                    -- written at most once a minute
  revoked_at   timestamptz,
  revoked_by   text,
  primary key (tenant, id)
);
create index api_key_name on api_key (tenant, name);

-- ── The feed of events ───────────────────────────────────────────────────────────────────────────────────────

-- A number from a sequence is taken before the commit: whoever reads "after the last one I saw" misses what commits late. So the feed
-- is ordered by (transaction, position), and shows no transaction that any running one may still come before: src/store/event-feed.ts.
alter table event
  add column position bigint generated always as identity,
  add column xid      xid8 not null default pg_current_xact_id();
create index event_feed on event (tenant, xid, position);
create index event_number on event (tenant, document_number);

-- Transaction numbers mean nothing on another server: which one numbered the events that are here.
alter table installation add column server text not null default '';

-- ── Search ───────────────────────────────────────────────────────────────────────────────────────────────────

drop index message_received;
create index message_received on message (tenant, received_at desc, arrival desc, id desc);
create index document_control on document using gin ((array[envelope->>'interchangeControl', envelope->>'groupControl']));

-- ── Audit ────────────────────────────────────────────────────────────────────────────────────────────────────

-- Where the chain of a tenant ends. Its row is the lock that keeps the chain linear; with it, rows taken off the end are missed.
create table audit_chain (
  tenant text primary key,
  n      bigint not null,
  hash   text not null
);

alter table audit
  add column n        bigint,                  -- 1, 2, 3 … of the tenant, in the order of the chain
  add column previous text,                    -- hash of the row before; empty for the first
  add column hash     text;

-- What a row says, as one text. Both the trigger and `quayside audit verify` hash it.
create function audit_text(a audit) returns text language sql stable as $$
  select jsonb_build_array(a.tenant, a.n, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, a.subject,
                           a.reason, a.before, a.after, a.detail, a.previous)::text
$$;

create function chain_audit() returns trigger language plpgsql as $$
declare
  last audit_chain;
begin
  insert into audit_chain (tenant, n, hash) values (new.tenant, 0, '') on conflict do nothing;
  select * into last from audit_chain where tenant = new.tenant for update;
  new.n := last.n + 1;
  new.previous := last.hash;
  new.hash := encode(sha256(convert_to(audit_text(new), 'UTF8')), 'hex');
  update audit_chain set n = new.n, hash = new.hash where tenant = new.tenant;
  return new;
end $$;

-- Rows from before there was a chain get their links in the order in which they came.
alter table audit disable trigger audit_append_only;
do $$
declare
  old audit;
  last audit_chain;
begin
  for old in select * from audit order by id loop
    insert into audit_chain (tenant, n, hash) values (old.tenant, 0, '') on conflict do nothing;
    select * into last from audit_chain where tenant = old.tenant;
    old.n := last.n + 1;
    old.previous := last.hash;
    old.hash := encode(sha256(convert_to(audit_text(old), 'UTF8')), 'hex');
    update audit set n = old.n, previous = old.previous, hash = old.hash where id = old.id;
    update audit_chain set n = old.n, hash = old.hash where tenant = old.tenant;
  end loop;
end $$;
alter table audit enable trigger audit_append_only;

alter table audit alter column n set not null, alter column previous set not null, alter column hash set not null;
create unique index audit_order on audit (tenant, n);
create trigger audit_chained before insert on audit for each row execute function chain_audit();
