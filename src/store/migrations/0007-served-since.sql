-- What an attempt of before says of an endpoint's health no longer counts: it was resumed meanwhile.
alter table endpoint add column served_since timestamptz not null default '-infinity';
