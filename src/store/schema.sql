-- Generated from the migrations by npm run gen: do not edit.

-- Tables

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  tenant text NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  reason text,
  detail jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (id)
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
  CONSTRAINT delivery_pkey PRIMARY KEY (id),
  CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'queued'::text, 'in_flight'::text, 'retry_wait'::text, 'succeeded'::text, 'dead'::text, 'skipped'::text, 'discarded'::text, 'superseded'::text]))),
  CONSTRAINT delivery_event_id_fkey FOREIGN KEY (event_id) REFERENCES event(id),
  CONSTRAINT delivery_replay_of_fkey FOREIGN KEY (replay_of) REFERENCES delivery(id),
  CONSTRAINT delivery_tenant_endpoint_fkey FOREIGN KEY (tenant, endpoint) REFERENCES endpoint(tenant, name)
);

CREATE TABLE delivery_attempt (
  tenant text NOT NULL,
  delivery_id uuid NOT NULL,
  n integer NOT NULL,
  started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  ended_at timestamp with time zone,
  class text,
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
  CONSTRAINT document_pkey PRIMARY KEY (id),
  CONSTRAINT document_message_id_ordinal_key UNIQUE (message_id, ordinal),
  CONSTRAINT document_state_check CHECK ((state = ANY (ARRAY['translated'::text, 'duplicate'::text, 'rejected'::text, 'failed'::text, 'quarantined'::text, 'retrying'::text, 'discarded'::text]))),
  CONSTRAINT document_verdict_check CHECK ((verdict = ANY (ARRAY['accepted'::text, 'accepted_with_errors'::text, 'rejected'::text]))),
  CONSTRAINT document_message_id_fkey FOREIGN KEY (message_id) REFERENCES message(id)
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
  CONSTRAINT endpoint_pkey PRIMARY KEY (tenant, name),
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
  CONSTRAINT event_pkey PRIMARY KEY (id),
  CONSTRAINT event_document_id_fkey FOREIGN KEY (document_id) REFERENCES document(id)
);

CREATE TABLE installation (
  only_one boolean DEFAULT true NOT NULL,
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  CONSTRAINT installation_pkey PRIMARY KEY (only_one),
  CONSTRAINT installation_only_one_check CHECK (only_one)
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
  CONSTRAINT message_pkey PRIMARY KEY (id),
  CONSTRAINT message_tenant_partner_arrival_key UNIQUE (tenant, partner, arrival),
  CONSTRAINT message_tenant_receipt_key_key UNIQUE (tenant, receipt_key),
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

CREATE TABLE schema_migration (
  version integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schema_migration_pkey PRIMARY KEY (version)
);

-- Indexes

CREATE INDEX delivery_dead ON public.delivery USING btree (tenant, fingerprint, ended_at) WHERE (state = 'dead'::text);
CREATE INDEX delivery_due ON public.delivery USING btree (tenant, endpoint, next_attempt_at, "position") WHERE ((state = ANY (ARRAY['pending'::text, 'retry_wait'::text])) AND (waiting = 0));
CREATE INDEX delivery_event ON public.delivery USING btree (event_id);
CREATE UNIQUE INDEX delivery_once ON public.delivery USING btree (tenant, endpoint, event_id) WHERE (replay_of IS NULL);
CREATE INDEX delivery_window ON public.delivery USING btree (tenant, endpoint, state) WHERE (state = ANY (ARRAY['queued'::text, 'in_flight'::text]));
CREATE UNIQUE INDEX delivery_key_active ON public.delivery_key USING btree (tenant, endpoint, order_key) WHERE active;
CREATE INDEX delivery_key_open ON public.delivery_key USING btree (tenant, endpoint, order_key, seq) WHERE open;
CREATE INDEX document_dead ON public.document USING btree (tenant, fingerprint, created_at) WHERE (state = ANY (ARRAY['rejected'::text, 'failed'::text, 'quarantined'::text]));
CREATE INDEX event_document ON public.event USING btree (document_id);
CREATE INDEX event_order_numbers ON public.event USING gin (order_numbers);
CREATE INDEX event_unrouted ON public.event USING btree (tenant, created_at) WHERE (routed_to = 0);
CREATE INDEX message_dead ON public.message USING btree (tenant) WHERE ((state = 'failed'::text) OR faulty);
CREATE INDEX message_due ON public.message USING btree (tenant, partner, arrival) WHERE (state = 'received'::text);
CREATE INDEX message_received ON public.message USING btree (tenant, received_at DESC, id);

-- Functions

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
