/**
 * The append-only record of what people changed: who, what, before, after, why. The database refuses updates and deletes.
 *
 * Each row carries a hash over what it says and over the row before it (a trigger makes it: migration 0004), so that a row that was changed
 * behind the gateway's back is found. The end of the chain is locked from the insert to the commit: write it last in a transaction.
 */
import type { Db } from './database.ts';

/** Who does something, and why. */
export interface Operator {
  readonly actor: string;
  readonly reason: string | undefined;
}

export interface AuditEntry {
  readonly actor: string;
  readonly action:
    | 'message.received_manually'
    | 'archive.reread'
    | 'delivery.replayed'
    | 'delivery.skipped'
    | 'delivery.discarded'
    | 'document.replayed'
    | 'document.discarded'
    | 'document.released'
    | 'document.refused'
    | 'document.retranslated'
    | 'event.routed'
    | 'message.replayed'
    | 'message.discarded'
    | 'endpoint.paused'
    | 'endpoint.resumed'
    | 'endpoint.retired'
    | 'replay.created'
    | 'replay.cancelled'
    | 'replay.ended'
    | 'key.created'
    | 'key.revoked';
  readonly subject: string;
  readonly reason?: string | undefined;
  /** What it was and what it became, where the change is one of values. */
  readonly before?: object | undefined;
  readonly after?: object | undefined;
  readonly detail?: object | undefined;
}

export async function writeAudit(db: Db, tenant: string, entry: AuditEntry): Promise<void> {
  await db.query('insert into audit (tenant, actor, action, subject, reason, before, after, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)', [
    tenant,
    entry.actor,
    entry.action,
    entry.subject,
    entry.reason ?? null,
    entry.before === undefined ? null : JSON.stringify(entry.before),
    entry.after === undefined ? null : JSON.stringify(entry.after),
    JSON.stringify(entry.detail ?? {}),
  ]);
}
