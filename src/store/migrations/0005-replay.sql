-- Bulk replay jobs.
select 1;
