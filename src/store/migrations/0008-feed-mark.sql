-- How far the feed of events has been handed out to anyone: what is in it up to here may be in somebody's books.
create table feed_mark (
  tenant   text primary key,
  xid      xid8 not null,
  position bigint not null
);
