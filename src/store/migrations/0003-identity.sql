-- Business duplicates, revisions, held documents, quarantine.
select 1;
