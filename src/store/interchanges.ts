/** Interchanges that came, by the numbers that their senders gave them. All functions run inside T2, under the partner's fence. */
import type { Db } from './database.ts';

export type InterchangeVerdict = 'new' | 'retransmit' | 'conflict';

export interface InterchangeRow {
  readonly id: string;
  readonly messageId: string;
  /** 0-based, in the message. */
  readonly unit: number;
  readonly sha256: string;
  readonly parties: string;
  readonly control: string;
  readonly verdict: InterchangeVerdict;
  readonly earlier: string | null;
  readonly taken: boolean;
}

/** Those of these numbers within the window, and all of these messages, the oldest first. */
export async function knownInterchanges(
  db: Db,
  tenant: string,
  partner: string,
  windowMs: number,
  controls: readonly string[],
  messageIds: readonly string[],
): Promise<InterchangeRow[]> {
  const { rows } = await db.query<InterchangeRow>(
    `select id, message_id as "messageId", unit, sha256, parties, control, verdict, earlier, taken from interchange
     where tenant = $1 and partner = $2 and control = any($4::text[]) and received_at > now() - $3 * interval '1 millisecond'
     union
     select id, message_id, unit, sha256, parties, control, verdict, earlier, taken from interchange where message_id = any($5::uuid[])`,
    [tenant, partner, windowMs, controls, messageIds],
  );
  return rows;
}

export async function insertInterchanges(db: Db, tenant: string, partner: string, rows: readonly InterchangeRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `insert into interchange (id, tenant, partner, message_id, unit, sha256, parties, control, verdict, earlier, taken)
     select id, $1, $2, "messageId", unit, sha256, parties, control, verdict, earlier, taken
     from jsonb_to_recordset($3::jsonb) as i (id uuid, "messageId" uuid, unit int, sha256 text, parties text, control text, verdict text, earlier uuid, taken boolean)`,
    [tenant, partner, JSON.stringify(rows)],
  );
}

/** Whether anything of them was taken, now that all of their documents are decided on. */
export async function markTaken(db: Db, changes: readonly { readonly id: string; readonly taken: boolean }[]): Promise<void> {
  if (changes.length === 0) return;
  await db.query('update interchange i set taken = c.taken from jsonb_to_recordset($1::jsonb) as c (id uuid, taken boolean) where i.id = c.id', [
    JSON.stringify(changes),
  ]);
}
