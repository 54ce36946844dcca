/** What partners are owed as acknowledgments, and what they got. Writes run inside T2, under the partner's fence. */
import type { AcknowledgmentKind, InterchangeReading, InterchangeVerdict, Owed } from '../core/acknowledgment.ts';
import type { Db } from './database.ts';

/** What a sent one says, without what only the sending knows. */
export interface AcknowledgmentContent {
  readonly reading: InterchangeReading;
  readonly owed: Owed;
  readonly refused: readonly number[];
  readonly verdict: InterchangeVerdict | undefined;
}

export interface AcknowledgmentRow {
  readonly id: string;
  readonly interchangeId: string;
  readonly kind: AcknowledgmentKind;
  readonly groupControl: string | null;
  readonly functionalId: string | null;
  readonly state: 'withheld' | 'sent' | 'dropped';
  readonly reason: string | null;
  readonly content: AcknowledgmentContent | null;
  readonly control: number | null;
  readonly documentId: string | null;
}

const MOST = 999_999_999;

/** So many numbers of the partner's own sequence, which begins anew after 999999999. */
export async function allocateControlNumbers(db: Db, tenant: string, partner: string, count: number): Promise<number[]> {
  const { rows } = await db.query<{ last: number }>(
    `insert into control_number as c (tenant, partner, last) values ($1, $2, $3)
     on conflict (tenant, partner) do update set last = (c.last + $3 - 1) % ${MOST} + 1 returning last`,
    [tenant, partner, count],
  );
  const last = rows[0]?.last ?? count;
  return Array.from({ length: count }, (_, i) => ((last - count + i + MOST) % MOST) + 1);
}

export interface UndecidedDocument {
  readonly messageId: string;
  readonly ordinal: number;
  readonly state: 'quarantined' | 'held' | 'retrying' | 'refused';
  /** Of a refused one: what it was refused for. */
  readonly cause: string | null;
}

/** Documents that wait for a person, or that one has refused. */
export async function undecidedDocuments(db: Db, messageIds: readonly string[]): Promise<UndecidedDocument[]> {
  const { rows } = await db.query<UndecidedDocument>(
    `select message_id as "messageId", ordinal, state,
       (select cause from quarantine q where q.document_id = d.id and q.decision = 'rejected' order by decided_at desc limit 1) as cause
     from document d where message_id = any($1::uuid[]) and state in ('quarantined', 'held', 'retrying', 'refused')`,
    [messageIds],
  );
  return rows;
}

const COLUMNS = `id, interchange_id as "interchangeId", kind, group_control as "groupControl", functional_id as "functionalId", state, reason, content, control,
  document_id as "documentId"`;

export async function acknowledgmentsOf(db: Db, interchangeIds: readonly string[]): Promise<AcknowledgmentRow[]> {
  const { rows } = await db.query<AcknowledgmentRow>(`select ${COLUMNS} from acknowledgment where interchange_id = any($1::uuid[]) order by id`, [
    interchangeIds,
  ]);
  return rows;
}

/** A withheld one becomes what it is now; what was sent or dropped stays. */
export async function writeAcknowledgments(db: Db, tenant: string, partner: string, rows: readonly AcknowledgmentRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `insert into acknowledgment (id, tenant, partner, interchange_id, kind, group_control, functional_id, state, reason, content, control, document_id, sent_at)
     select id, $1, $2, "interchangeId", kind, "groupControl", "functionalId", state, reason, content, control, "documentId",
            case when state = 'sent' then now() end
     from jsonb_to_recordset($3::jsonb) as a (id uuid, "interchangeId" uuid, kind text, "groupControl" text, "functionalId" text, state text, reason text,
       content jsonb, control int, "documentId" uuid)
     on conflict (id) do update set kind = excluded.kind, state = excluded.state, reason = excluded.reason, content = excluded.content, control = excluded.control,
       document_id = excluded.document_id, sent_at = excluded.sent_at
     where acknowledgment.state = 'withheld'`,
    [tenant, partner, JSON.stringify(rows)],
  );
}

/** Whether acknowledgments of this message wait for a decision. */
export async function isOwed(db: Db, messageId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from acknowledgment a join interchange i on i.id = a.interchange_id where i.message_id = $1 and a.state = 'withheld' limit 1`,
    [messageId],
  );
  return rows.length > 0;
}

export interface ReceivedAcknowledgment {
  readonly id: string;
  readonly messageId: string;
  readonly kind: AcknowledgmentKind;
  readonly acknowledged: string;
  readonly functionalId: string | null;
  readonly verdict: string;
  readonly code: string;
  readonly matched: string | null;
}

/** Of these control numbers those under which the partner got something from us, each with that document. `isa`: ISA13, else GS06. */
export async function sentUnder(
  db: Db,
  tenant: string,
  partner: string,
  numbers: readonly { readonly control: string; readonly isa: boolean }[],
): Promise<(string | null)[]> {
  const { rows } = await db.query<{ n: number; id: string }>(
    `select n::int as n, d.id from unnest($3::text[], $4::boolean[]) with ordinality as w (control, isa, n)
     cross join lateral (
       select d.id from document d
       where d.tenant = $1 and d.partner = $2 and d.state = 'sent' and array[d.envelope->>'interchangeControl', d.envelope->>'groupControl'] @> array[w.control]
         and (d.envelope->>case when w.isa then 'interchangeControl' else 'groupControl' end) = w.control
       order by d.created_at desc limit 1) d`,
    [tenant, partner, numbers.map(({ control }) => control), numbers.map(({ isa }) => isa)],
  );
  const found = new Map(rows.map(({ n, id }) => [n, id]));
  return numbers.map((_, i) => found.get(i + 1) ?? null);
}

export async function insertReceivedAcknowledgments(db: Db, tenant: string, partner: string, rows: readonly ReceivedAcknowledgment[]): Promise<void> {
  await db.query(
    `insert into acknowledgment_received (id, tenant, partner, message_id, kind, acknowledged, functional_id, verdict, code, matched)
     select id, $1, $2, "messageId", kind, acknowledged, "functionalId", verdict, code, matched
     from jsonb_to_recordset($3::jsonb) as r (id uuid, "messageId" uuid, kind text, acknowledged text, "functionalId" text, verdict text, code text, matched uuid)
     on conflict do nothing`,
    [tenant, partner, JSON.stringify(rows)],
  );
}
