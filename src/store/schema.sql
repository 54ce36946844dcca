-- Generated from the migrations by npm run gen: do not edit.

-- Tables

CREATE TABLE acknowledgment (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  interchange_id uuid NOT NULL,
  kind text NOT NULL,
  group_control text,
  functional_id text,
  state text NOT NULL,
  reason text,
  content jsonb,
  control integer,
  document_id uuid,
  owed_at timestamp with time zone DEFAULT now() NOT NULL,
  sent_at timestamp with time zone,
  CONSTRAINT acknowledgment_pkey PRIMARY KEY (id),
  CONSTRAINT acknowledgment_kind_check CHECK ((kind = ANY (ARRAY['TA1'::text, '997'::text, '999'::text]))),
  CONSTRAINT acknowledgment_state_check CHECK ((state = ANY (ARRAY['withheld'::text, 'sent'::text, 'dropped'::text]))),
  CONSTRAINT acknowledgment_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id),
  CONSTRAINT acknowledgment_interchange_id_fkey FOREIGN KEY (interchange_id) REFERENCES interchange(id)
);

CREATE TABLE acknowledgment_received (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  message_id uuid NOT NULL,
  kind text NOT NULL,
  acknowledged text NOT NULL,
  functional_id text,
  verdict text NOT NULL,
  code text DEFAULT ''::text NOT NULL,
  matched uuid,
  received_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT acknowledgment_received_pkey PRIMARY KEY (id),
  CONSTRAINT acknowledgment_received_kind_check CHECK ((kind = ANY (ARRAY['TA1'::text, '997'::text, '999'::text]))),
  CONSTRAINT acknowledgment_received_matched_fkey FOREIGN KEY (matched) REFERENCES document(id),
  CONSTRAINT acknowledgment_received_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id)
);

CREATE TABLE alert (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  tenant text NOT NULL,
  rule text NOT NULL,
  subject text NOT NULL,
  level bigint NOT NULL,
  began_at timestamp with time zone DEFAULT now() NOT NULL,
  told_at timestamp with time zone DEFAULT now() NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT alert_pkey PRIMARY KEY (id)
);

CREATE TABLE alert_notice (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  tenant text NOT NULL,
  receiver text NOT NULL,
  changes jsonb NOT NULL,
  more integer NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
  last_detail text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  sent_at timestamp with time zone,
  given_up_at timestamp with time zone,
  CONSTRAINT alert_notice_pkey PRIMARY KEY (id)
);

CREATE TABLE alert_watch (
  tenant text NOT NULL,
  subject text NOT NULL,
  since timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT alert_watch_pkey PRIMARY KEY (tenant, subject)
);

CREATE TABLE api_key (
  tenant text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  secret_hash bytea NOT NULL,
  scopes text[] NOT NULL,
  partners text[],
  expires_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  created_by text NOT NULL,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  revoked_by text,
  CONSTRAINT api_key_pkey PRIMARY KEY (tenant, id),
  CONSTRAINT api_key_partners_check CHECK ((cardinality(partners) > 0)),
  CONSTRAINT api_key_scopes_check CHECK ((cardinality(scopes) > 0)),
  CONSTRAINT api_key_secret_hash_check CHECK ((length(secret_hash) = 32))
);

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  tenant text NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  reason text,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  before jsonb,
  after jsonb,
  n bigint NOT NULL,
  previous text NOT NULL,
  hash text NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE TABLE audit_chain (
  tenant text NOT NULL,
  n bigint NOT NULL,
  hash text NOT NULL,
  CONSTRAINT audit_chain_pkey PRIMARY KEY (tenant)
);

CREATE TABLE business_document (
  tenant text NOT NULL,
  partner text NOT NULL,
  business_key text NOT NULL,
  revision integer NOT NULL,
  content_hash text NOT NULL,
  event_id uuid NOT NULL,
  basis text NOT NULL,
  supersedes uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT business_document_pkey PRIMARY KEY (tenant, partner, business_key, revision),
  CONSTRAINT business_document_event_id_key UNIQUE (event_id),
  CONSTRAINT business_document_basis_check CHECK ((basis = ANY (ARRAY['first'::text, 'revision'::text, 'replace'::text, 'change'::text, 'cancel'::text, 'released'::text, 'retranslated'::text]))),
  CONSTRAINT business_document_revision_check CHECK ((revision > 0)),
  CONSTRAINT business_document_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(id),
  CONSTRAINT business_document_supersedes_fkey FOREIGN KEY (supersedes) REFERENCES event(id)
);

CREATE TABLE control_number (
  tenant text NOT NULL,
  partner text NOT NULL,
  last integer NOT NULL,
  CONSTRAINT control_number_pkey PRIMARY KEY (tenant, partner),
  CONSTRAINT control_number_last_check CHECK (((last >= 0) AND (last <= 999999999)))
);

CREATE TABLE delivery (
  id uuid NOT NULL,
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  tenant text NOT NULL,
  endpoint text NOT NULL,
  event_id uuid NOT NULL,
  state text DEFAULT 'pending'::text NOT NULL,
  waiting integer DEFAULT 0 NOT NULL,
  generation integer DEFAULT 0 NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  attempt_count integer DEFAULT 0 NOT NULL,
  next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
  queued_until timestamp with time zone,
  lease_token uuid,
  lease_until timestamp with time zone,
  idempotency_key uuid NOT NULL,
  replay_of uuid,
  last_class text,
  last_status integer,
  last_detail text,
  dead_reason text,
  fingerprint text,
  note text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  ended_at timestamp with time zone,
  again boolean DEFAULT false NOT NULL,
  probe boolean DEFAULT false NOT NULL,
  doubtful boolean DEFAULT false NOT NULL,
  worker text,
  claimed_at timestamp with time zone,
  replay_job uuid,
  CONSTRAINT delivery_pkey PRIMARY KEY (id),
  CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'queued'::text, 'in_flight'::text, 'retry_wait'::text, 'succeeded'::text, 'dead'::text, 'skipped'::text, 'discarded'::text, 'superseded'::text]))),
  CONSTRAINT delivery_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(id),
  CONSTRAINT delivery_replay_job_fkey FOREIGN KEY (replay_job) REFERENCES replay_job(id),
  CONSTRAINT delivery_replay_of_fkey FOREIGN KEY (replay_of) REFERENCES delivery(id),
  CONSTRAINT delivery_tenant_endpoint_fkey FOREIGN KEY (tenant, endpoint) REFERENCES endpoint(tenant, name)
);

CREATE TABLE delivery_attempt (
  tenant text NOT NULL,
  delivery_id uuid NOT NULL,
  n integer NOT NULL,
  started_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone NOT NULL,
  class text NOT NULL,
  status integer,
  detail text,
  response_body text,
  worker text NOT NULL,
  CONSTRAINT delivery_attempt_pkey PRIMARY KEY (delivery_id, n),
  CONSTRAINT delivery_attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id)
);

CREATE TABLE delivery_key (
  delivery_id uuid NOT NULL,
  tenant text NOT NULL,
  endpoint text NOT NULL,
  order_key text NOT NULL,
  seq bigint NOT NULL,
  open boolean DEFAULT true NOT NULL,
  active boolean DEFAULT false NOT NULL,
  CONSTRAINT delivery_key_pkey PRIMARY KEY (delivery_id, order_key),
  CONSTRAINT delivery_key_tenant_endpoint_order_key_seq_key UNIQUE (tenant, endpoint, order_key, seq),
  CONSTRAINT delivery_key_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES delivery(id)
);

CREATE TABLE document (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  message_id uuid NOT NULL,
  ordinal integer NOT NULL,
  type text NOT NULL,
  state text NOT NULL,
  verdict text NOT NULL,
  envelope jsonb NOT NULL,
  byte_offset bigint NOT NULL,
  segments integer NOT NULL,
  problems jsonb DEFAULT '[]'::jsonb NOT NULL,
  fingerprint text,
  mapping text,
  mapping_version text,
  mapping_hash text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  repeats uuid,
  CONSTRAINT document_pkey PRIMARY KEY (id),
  CONSTRAINT document_message_id_ordinal_key UNIQUE (message_id, ordinal),
  CONSTRAINT document_state_check CHECK ((state = ANY (ARRAY['translated'::text, 'duplicate'::text, 'held'::text, 'rejected'::text, 'failed'::text, 'quarantined'::text, 'retrying'::text, 'discarded'::text, 'refused'::text, 'sent'::text, 'recorded'::text]))),
  CONSTRAINT document_verdict_check CHECK ((verdict = ANY (ARRAY['accepted'::text, 'accepted_with_errors'::text, 'rejected'::text]))),
  CONSTRAINT document_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id),
  CONSTRAINT document_repeats_fkey FOREIGN KEY (repeats) REFERENCES event(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE drop_lease (
  tenant text NOT NULL,
  name text NOT NULL,
  lease_token uuid NOT NULL,
  lease_until timestamp with time zone NOT NULL,
  CONSTRAINT drop_lease_pkey PRIMARY KEY (tenant, name)
);

CREATE TABLE endpoint (
  tenant text NOT NULL,
  name text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  park_reason text,
  consecutive_rejections integer DEFAULT 0 NOT NULL,
  parked_at timestamp with time zone,
  breaker text DEFAULT 'closed'::text NOT NULL,
  failures integer DEFAULT 0 NOT NULL,
  window_started timestamp with time zone DEFAULT now() NOT NULL,
  window_attempts integer DEFAULT 0 NOT NULL,
  window_failures integer DEFAULT 0 NOT NULL,
  opened_at timestamp with time zone,
  opened_by text,
  probes integer DEFAULT 0 NOT NULL,
  probe_at timestamp with time zone,
  slow_start integer,
  tokens double precision,
  tokens_at timestamp with time zone,
  retired_to text,
  retired_by text,
  retired_reason text,
  served_since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  CONSTRAINT endpoint_pkey PRIMARY KEY (tenant, name),
  CONSTRAINT endpoint_breaker_check CHECK ((breaker = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))),
  CONSTRAINT endpoint_state_check CHECK ((state = ANY (ARRAY['active'::text, 'parked'::text, 'disabled'::text])))
);

CREATE TABLE event (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  document_id uuid NOT NULL,
  name text NOT NULL,
  document_number text NOT NULL,
  order_numbers text[] NOT NULL,
  test boolean NOT NULL,
  body text NOT NULL,
  lineage json NOT NULL,
  routed_to integer NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (id),
  CONSTRAINT event_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id)
);

CREATE TABLE feed_mark (
  tenant text NOT NULL,
  xid xid8 NOT NULL,
  "position" bigint NOT NULL,
  CONSTRAINT feed_mark_pkey PRIMARY KEY (tenant)
);

CREATE TABLE installation (
  only_one boolean DEFAULT true NOT NULL,
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  server text DEFAULT ''::text NOT NULL,
  CONSTRAINT installation_pkey PRIMARY KEY (only_one),
  CONSTRAINT installation_only_one_check CHECK (only_one)
);

CREATE TABLE interchange (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  message_id uuid NOT NULL,
  unit integer NOT NULL,
  sha256 text NOT NULL,
  parties text NOT NULL,
  control text NOT NULL,
  verdict text NOT NULL,
  earlier uuid,
  taken boolean DEFAULT true NOT NULL,
  received_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT interchange_pkey PRIMARY KEY (id),
  CONSTRAINT interchange_message_id_unit_key UNIQUE (message_id, unit),
  CONSTRAINT interchange_verdict_check CHECK ((verdict = ANY (ARRAY['new'::text, 'retransmit'::text, 'conflict'::text]))),
  CONSTRAINT interchange_earlier_fkey FOREIGN KEY (earlier) REFERENCES interchange(id),
  CONSTRAINT interchange_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id)
);

CREATE TABLE mapping_use (
  tenant text NOT NULL,
  partner text NOT NULL,
  mapping text NOT NULL,
  version text NOT NULL,
  documents bigint NOT NULL,
  elements bigint NOT NULL,
  mapped bigint NOT NULL,
  last_used_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mapping_use_pkey PRIMARY KEY (tenant, partner, mapping, version)
);

CREATE TABLE mapping_version (
  tenant text NOT NULL,
  mapping text NOT NULL,
  version text NOT NULL,
  hash text NOT NULL,
  first_used_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mapping_version_pkey PRIMARY KEY (tenant, mapping, version)
);

CREATE TABLE message (
  id uuid NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  channel text NOT NULL,
  channel_type text NOT NULL,
  receipt_key text NOT NULL,
  arrival bigint NOT NULL,
  filename text NOT NULL,
  blob_id uuid NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  state text DEFAULT 'received'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
  problems jsonb DEFAULT '[]'::jsonb NOT NULL,
  faulty boolean DEFAULT false NOT NULL,
  received_at timestamp with time zone DEFAULT now() NOT NULL,
  translated_at timestamp with time zone,
  direction text DEFAULT 'in'::text NOT NULL,
  CONSTRAINT message_pkey PRIMARY KEY (id),
  CONSTRAINT message_tenant_partner_arrival_key UNIQUE (tenant, partner, arrival),
  CONSTRAINT message_tenant_receipt_key_key UNIQUE (tenant, receipt_key),
  CONSTRAINT message_direction_check CHECK ((direction = ANY (ARRAY['in'::text, 'out'::text]))),
  CONSTRAINT message_state_check CHECK ((state = ANY (ARRAY['received'::text, 'translated'::text, 'failed'::text, 'discarded'::text]))),
  CONSTRAINT message_blob_id_fkey FOREIGN KEY (blob_id) REFERENCES raw_blob(id)
);

CREATE TABLE order_key (
  tenant text NOT NULL,
  key text NOT NULL,
  last_seq bigint NOT NULL,
  CONSTRAINT order_key_pkey PRIMARY KEY (tenant, key)
);

CREATE TABLE partner_arrival (
  tenant text NOT NULL,
  partner text NOT NULL,
  last bigint NOT NULL,
  CONSTRAINT partner_arrival_pkey PRIMARY KEY (tenant, partner)
);

CREATE TABLE partner_lane (
  tenant text NOT NULL,
  partner text NOT NULL,
  generation bigint DEFAULT 0 NOT NULL,
  hinted_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  lease_token uuid,
  lease_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  CONSTRAINT partner_lane_pkey PRIMARY KEY (tenant, partner)
);

CREATE TABLE quarantine (
  document_id uuid NOT NULL,
  cause text NOT NULL,
  tenant text NOT NULL,
  partner text NOT NULL,
  document_number text,
  order_numbers text[] DEFAULT '{}'::text[] NOT NULL,
  business_key text,
  contradicts uuid,
  content text,
  entered_at timestamp with time zone DEFAULT now() NOT NULL,
  decision text,
  decided_by text,
  decided_at timestamp with time zone,
  reason text,
  CONSTRAINT quarantine_pkey PRIMARY KEY (document_id, cause),
  CONSTRAINT quarantine_cause_check CHECK ((cause = ANY (ARRAY['sender'::text, 'conflict'::text, 'interchange'::text]))),
  CONSTRAINT quarantine_decision_check CHECK ((decision = ANY (ARRAY['released'::text, 'rejected'::text]))),
  CONSTRAINT quarantine_contradicts_fkey FOREIGN KEY (contradicts) REFERENCES event(id),
  CONSTRAINT quarantine_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id)
);

CREATE TABLE raw_blob (
  id uuid NOT NULL,
  tenant text NOT NULL,
  size bigint,
  sha256 text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT raw_blob_pkey PRIMARY KEY (id)
);

CREATE TABLE raw_chunk (
  tenant text NOT NULL,
  blob_id uuid NOT NULL,
  n integer NOT NULL,
  bytes bytea STORAGE EXTERNAL NOT NULL,
  CONSTRAINT raw_chunk_pkey PRIMARY KEY (blob_id, n),
  CONSTRAINT raw_chunk_blob_id_fkey FOREIGN KEY (blob_id) REFERENCES raw_blob(id) ON DELETE CASCADE
);

CREATE TABLE replay_item (
  job_id uuid NOT NULL,
  lane text NOT NULL,
  n integer NOT NULL,
  tenant text NOT NULL,
  stage text NOT NULL,
  item_id uuid NOT NULL,
  CONSTRAINT replay_item_pkey PRIMARY KEY (job_id, lane, n),
  CONSTRAINT replay_item_stage_check CHECK ((stage = ANY (ARRAY['deliver'::text, 'translate'::text, 'receive'::text, 'document'::text]))),
  CONSTRAINT replay_item_job_id_fkey FOREIGN KEY (job_id) REFERENCES replay_job(id) ON DELETE CASCADE
);

CREATE TABLE replay_job (
  id uuid NOT NULL,
  tenant text NOT NULL,
  mode text NOT NULL,
  filter jsonb NOT NULL,
  rate integer NOT NULL,
  out_of_order boolean NOT NULL,
  state text DEFAULT 'running'::text NOT NULL,
  planned integer NOT NULL,
  replayed integer DEFAULT 0 NOT NULL,
  skipped integer DEFAULT 0 NOT NULL,
  failed integer DEFAULT 0 NOT NULL,
  problems jsonb DEFAULT '[]'::jsonb NOT NULL,
  moved_at timestamp with time zone DEFAULT now() NOT NULL,
  created_by text NOT NULL,
  reason text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  ended_at timestamp with time zone,
  CONSTRAINT replay_job_pkey PRIMARY KEY (id),
  CONSTRAINT replay_job_mode_check CHECK ((mode = ANY (ARRAY['resend'::text, 'retranslate'::text]))),
  CONSTRAINT replay_job_rate_check CHECK (((rate >= 1) AND (rate <= 10000))),
  CONSTRAINT replay_job_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'cancelled'::text, 'failed'::text])))
);

CREATE TABLE replay_lane (
  job_id uuid NOT NULL,
  lane text NOT NULL,
  tenant text NOT NULL,
  planned integer NOT NULL,
  done integer DEFAULT 0 NOT NULL,
  CONSTRAINT replay_lane_pkey PRIMARY KEY (job_id, lane),
  CONSTRAINT replay_lane_job_id_fkey FOREIGN KEY (job_id) REFERENCES replay_job(id) ON DELETE CASCADE
);

CREATE TABLE rule_use (
  tenant text NOT NULL,
  partner text NOT NULL,
  mapping text NOT NULL,
  version text NOT NULL,
  rule text NOT NULL,
  sourced bigint NOT NULL,
  given bigint NOT NULL,
  CONSTRAINT rule_use_pkey PRIMARY KEY (tenant, partner, mapping, version, rule)
);

CREATE TABLE schema_migration (
  version integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schema_migration_pkey PRIMARY KEY (version)
);

CREATE TABLE unread_source (
  tenant text NOT NULL,
  partner text NOT NULL,
  mapping text NOT NULL,
  version text NOT NULL,
  key text NOT NULL,
  count bigint NOT NULL,
  example text NOT NULL,
  example_message_id uuid NOT NULL,
  example_segment bigint NOT NULL,
  example_offset bigint NOT NULL,
  first_seen_at timestamp with time zone DEFAULT now() NOT NULL,
  last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT unread_source_pkey PRIMARY KEY (tenant, partner, mapping, version, key)
);

-- Indexes

CREATE INDEX acknowledgment_interchange ON public.acknowledgment USING btree (interchange_id);
CREATE INDEX acknowledgment_owed ON public.acknowledgment USING btree (tenant, owed_at DESC, id);
CREATE INDEX acknowledgment_withheld ON public.acknowledgment USING btree (tenant, owed_at) WHERE (state = 'withheld'::text);
CREATE INDEX acknowledgment_received_at ON public.acknowledgment_received USING btree (tenant, received_at DESC, id);
CREATE INDEX alert_ended ON public.alert USING btree (tenant, ended_at) WHERE (ended_at IS NOT NULL);
CREATE UNIQUE INDEX alert_open ON public.alert USING btree (tenant, rule, subject) WHERE (ended_at IS NULL);
CREATE INDEX alert_notice_due ON public.alert_notice USING btree (tenant, next_attempt_at) WHERE ((sent_at IS NULL) AND (given_up_at IS NULL));
CREATE INDEX api_key_name ON public.api_key USING btree (tenant, name);
CREATE UNIQUE INDEX audit_order ON public.audit USING btree (tenant, n);
CREATE INDEX delivery_blocked ON public.delivery USING btree (tenant, endpoint, created_at) WHERE ((state = ANY (ARRAY['pending'::text, 'retry_wait'::text])) AND (waiting > 0));
CREATE INDEX delivery_dead ON public.delivery USING btree (tenant, fingerprint, ended_at) WHERE (state = 'dead'::text);
CREATE INDEX delivery_due ON public.delivery USING btree (tenant, endpoint, again, next_attempt_at, "position") WHERE ((state = ANY (ARRAY['pending'::text, 'retry_wait'::text])) AND (waiting = 0));
CREATE INDEX delivery_ended ON public.delivery USING brin (ended_at) WITH (autosummarize='on');
CREATE INDEX delivery_event ON public.delivery USING btree (event_id);
CREATE INDEX delivery_given_up ON public.delivery USING btree (tenant, endpoint, ended_at, id) WHERE (state = ANY (ARRAY['dead'::text, 'skipped'::text]));
CREATE UNIQUE INDEX delivery_once ON public.delivery USING btree (tenant, endpoint, event_id) WHERE (replay_of IS NULL);
CREATE INDEX delivery_replay_job ON public.delivery USING btree (replay_job, endpoint, state) WHERE (replay_job IS NOT NULL);
CREATE INDEX delivery_window ON public.delivery USING btree (tenant, endpoint, state) WHERE (state = ANY (ARRAY['queued'::text, 'in_flight'::text]));
CREATE UNIQUE INDEX delivery_key_active ON public.delivery_key USING btree (tenant, endpoint, order_key) WHERE active;
CREATE INDEX delivery_key_open ON public.delivery_key USING btree (tenant, endpoint, order_key, seq) WHERE open;
CREATE INDEX document_control ON public.document USING gin ((ARRAY[(envelope ->> 'interchangeControl'::text), (envelope ->> 'groupControl'::text)]));
CREATE INDEX document_dead ON public.document USING btree (tenant, fingerprint, created_at) WHERE (state = ANY (ARRAY['rejected'::text, 'failed'::text]));
CREATE INDEX event_document ON public.event USING btree (document_id);
CREATE INDEX event_feed ON public.event USING btree (tenant, xid, "position");
CREATE INDEX event_number ON public.event USING btree (tenant, document_number);
CREATE INDEX event_order_numbers ON public.event USING gin (order_numbers);
CREATE INDEX event_unrouted ON public.event USING btree (tenant, created_at) WHERE (routed_to = 0);
CREATE INDEX interchange_number ON public.interchange USING btree (tenant, partner, control, received_at);
CREATE INDEX message_dead ON public.message USING btree (tenant) WHERE ((state = 'failed'::text) OR faulty);
CREATE INDEX message_due ON public.message USING btree (tenant, partner, arrival) WHERE (state = 'received'::text);
CREATE INDEX message_received ON public.message USING btree (tenant, received_at DESC, arrival DESC, id DESC);
CREATE INDEX quarantine_open ON public.quarantine USING btree (tenant, entered_at) WHERE (decision IS NULL);
CREATE INDEX replay_job_created ON public.replay_job USING btree (tenant, created_at DESC, id);
CREATE INDEX replay_job_running ON public.replay_job USING btree (tenant, created_at) WHERE (state = 'running'::text);
CREATE INDEX unread_source_seen ON public.unread_source USING btree (tenant, last_seen_at);

-- Functions

CREATE OR REPLACE FUNCTION public.audit_text(a audit)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select jsonb_build_array(a.tenant, a.n, to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, a.subject,
                           a.reason, a.before, a.after, a.detail, a.previous)::text
$function$
;

CREATE OR REPLACE FUNCTION public.chain_audit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$
;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'table % is append-only', tg_table_name;
end $function$
;

-- Triggers

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_chained BEFORE INSERT ON public.audit FOR EACH ROW EXECUTE FUNCTION chain_audit();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_attempt_append_only BEFORE DELETE OR UPDATE ON public.delivery_attempt FOR EACH ROW EXECUTE FUNCTION refuse_change();
