-- Alerts.
select 1;
