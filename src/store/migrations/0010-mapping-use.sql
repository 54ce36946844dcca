-- Mappings in use: which rules a version stands for, what they did, and what partners send that no rule reads.

-- A version means one set of rules, for good: the first live document fixes which.
create table mapping_version (
  tenant        text not null,
  mapping       text not null,
  version       text not null,
  hash          text not null,                 -- of the effective mapping
  first_used_at timestamptz not null default now(),
  primary key (tenant, mapping, version)
);
insert into mapping_version (tenant, mapping, version, hash, first_used_at)
select distinct on (d.tenant, d.mapping, d.mapping_version) d.tenant, d.mapping, d.mapping_version, d.mapping_hash, m.received_at
from document d join message m on m.id = d.message_id
where d.mapping is not null and d.state = 'translated'
order by d.tenant, d.mapping, d.mapping_version, m.received_at desc;

create table mapping_use (
  tenant       text not null,
  partner      text not null,
  mapping      text not null,
  version      text not null,
  documents    bigint not null,
  elements     bigint not null,                -- that have a value
  mapped       bigint not null,                -- of these: a rule or a test looked at them
  last_used_at timestamptz not null default now(),
  primary key (tenant, partner, mapping, version)
);

create table rule_use (
  tenant    text not null,
  partner   text not null,
  mapping   text not null,
  version   text not null,
  rule      text not null,                     -- mappings/acme/855.yaml:12:3
  sourced   bigint not null,                   -- values that the document gave
  given     bigint not null,                   -- values that no byte of it gave: const, default
  primary key (tenant, partner, mapping, version, rule)
);

-- Source that no rule reads and no line of the mapping ignores.
create table unread_source (
  tenant             text not null,
  partner            text not null,
  mapping            text not null,
  version            text not null,
  key                text not null,            -- PO1/REF(ZZ)02
  count              bigint not null,
  example            text not null,
  example_message_id uuid not null,
  example_segment    bigint not null,
  example_offset     bigint not null,
  first_seen_at      timestamptz not null default now(),
  last_seen_at       timestamptz not null default now(),
  primary key (tenant, partner, mapping, version, key)
);
create index unread_source_seen on unread_source (tenant, last_seen_at);
