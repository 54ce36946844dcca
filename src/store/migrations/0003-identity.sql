-- Business duplicates, revisions, held documents, quarantine.

-- One row for each statement that a partner made about one thing and that became an event. What was published before this migration is
-- not known here: the next document of its number counts as the first.
create table business_document (
  tenant       text not null,
  partner      text not null,
  business_key text not null,                  -- src/events/business-keys.ts
  revision     integer not null check (revision > 0),
  content_hash text not null,                  -- of the canonical document without provenance and revision
  event_id     uuid not null unique references event,
  basis        text not null check (basis in ('first', 'revision', 'replace', 'change', 'cancel', 'released', 'retranslated')),
  supersedes   uuid references event,
  created_at   timestamptz not null default now(),
  primary key (tenant, partner, business_key, revision)
);

alter table document drop constraint document_state_check;
alter table document add constraint document_state_check check (
  state in ('translated', 'duplicate', 'held', 'rejected', 'failed', 'quarantined', 'retrying', 'discarded', 'refused'));
-- Of a duplicate: the event that it repeats, which may be one of the same batch.
alter table document add column repeats uuid references event deferrable initially deferred;

-- Documents that wait for a person, and what the person decided.
create table quarantine (
  document_id     uuid not null references document,
  cause           text not null check (cause in ('sender', 'conflict')),
  tenant          text not null,
  partner         text not null,
  document_number text,
  order_numbers   text[] not null default '{}',
  business_key    text,                        -- of a conflict
  contradicts     uuid references event,       -- of a conflict: what was in force when it came
  content         text,                        -- of a conflict: the canonical document that was not sent, without provenance
  entered_at      timestamptz not null default now(),
  decision        text check (decision in ('released', 'rejected')),
  decided_by      text,
  decided_at      timestamptz,
  reason          text,
  primary key (document_id, cause)
);
create index quarantine_open on quarantine (tenant, entered_at) where decision is null;
insert into quarantine (document_id, cause, tenant, partner, entered_at)
select id, 'sender', tenant, partner, created_at from document where state = 'quarantined';

-- What waits for a person in quarantine is no dead letter.
drop index document_dead;
create index document_dead on document (tenant, fingerprint, created_at) where state in ('rejected', 'failed');
