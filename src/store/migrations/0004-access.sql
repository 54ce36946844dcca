-- API keys, and what the operator's HTTP API needs.
select 1;
