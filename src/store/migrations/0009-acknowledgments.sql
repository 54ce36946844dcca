-- Interchanges by their control numbers; what is acknowledged, to whom, under which number of ours.

-- What we send is a message too: archived, searched and traced like what we receive.
alter table message add column direction text not null default 'in' check (direction in ('in', 'out'));

alter table document drop constraint document_state_check;
alter table document add constraint document_state_check check (
  state in ('translated', 'duplicate', 'held', 'rejected', 'failed', 'quarantined', 'retrying', 'discarded', 'refused',
            'sent',                            -- ours
            'recorded'));                      -- an acknowledgment by the partner

alter table quarantine drop constraint quarantine_cause_check;
alter table quarantine add constraint quarantine_cause_check check (cause in ('sender', 'conflict', 'interchange'));

-- One row for each interchange that came, from ISA to IEA. What came before this migration is not known here.
create table interchange (
  id          uuid primary key,                -- of the hand-over and the place in it
  tenant      text not null,
  partner     text not null,
  message_id  uuid not null references message,
  unit        integer not null,                -- from 0, in the message
  sha256      text not null,
  parties     text not null,                   -- ISA05 to ISA08 and ISA15
  control     text not null,                   -- ISA13
  verdict     text not null check (verdict in ('new', 'retransmit', 'conflict')),
  earlier     uuid references interchange,     -- which it repeats, or contradicts
  taken       boolean not null default true,   -- false: nothing of it was, so that its number may be used again
  received_at timestamptz not null default now(),
  unique (message_id, unit)
);
create index interchange_number on interchange (tenant, partner, control, received_at);

-- Our own control numbers, one sequence for each partner.
create table control_number (
  tenant  text not null,
  partner text not null,
  last    integer not null check (last between 0 and 999999999),
  primary key (tenant, partner)
);

create table acknowledgment (
  id             uuid primary key,             -- of its event as well: src/pipeline/acknowledge.ts
  tenant         text not null,
  partner        text not null,
  interchange_id uuid not null references interchange,
  kind           text not null check (kind in ('TA1', '997', '999')),
  group_control  text,                         -- GS06 that it answers; null for a TA1
  functional_id  text,                         -- GS01
  state          text not null check (state in ('withheld', 'sent', 'dropped')),
  reason         text,                         -- why it is withheld or was dropped
  content        jsonb,                        -- of a sent one: what it says, for when the same bytes come again
  control        integer,                      -- ours: ISA13
  document_id    uuid references document,     -- ours
  owed_at        timestamptz not null default now(),
  sent_at        timestamptz
);
create index acknowledgment_interchange on acknowledgment (interchange_id);
create index acknowledgment_owed on acknowledgment (tenant, owed_at desc, id);
create index acknowledgment_withheld on acknowledgment (tenant, owed_at) where state = 'withheld';

-- What partners say of what we sent.
create table acknowledgment_received (
  id            uuid primary key,
  tenant        text not null,
  partner       text not null,
  message_id    uuid not null references message,
  kind          text not null check (kind in ('TA1', '997', '999')),
  acknowledged  text not null,                 -- TA101 or AK102: a control number of ours
  functional_id text,                          -- AK101
  verdict       text not null,                 -- TA104 or AK901
  code          text not null default '',      -- TA105 or AK905
  matched       uuid references document,      -- null: we sent nothing of that number
  received_at   timestamptz not null default now()
);
create index acknowledgment_received_at on acknowledgment_received (tenant, received_at desc, id);
