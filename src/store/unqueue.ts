/** Hints taken back: their deliveries wait again, and whoever still finds the hint in the queue cannot claim with it. */
import { stateAfter, statesBefore } from '../core/lifecycle.ts';
import type { Db } from './database.ts';
import { HINT_LIFE } from './dispatch.ts';

/** Those that nobody took in time; after the queue was emptied, all of them. */
export function unqueueLost(db: Db, tenant: string, scope: 'expired' | 'all'): Promise<number> {
  return unqueue(db, tenant, '$4 or queued_until < now()', [scope === 'all']);
}

/** Those of these endpoints that were handed over `ageMs` ago and that nobody took, although workers were free. */
export function unqueueUntaken(db: Db, tenant: string, endpoints: readonly string[], ageMs: number): Promise<number> {
  return unqueue(db, tenant, `endpoint = any($4::text[]) and queued_until < now() + ${HINT_LIFE} - $5 * interval '1 millisecond'`, [
    endpoints,
    ageMs,
  ]);
}

/** Those of endpoints that are no longer served: only what is on the wire already still reaches them. */
export function unqueueEndpoints(db: Db, tenant: string, endpoints: readonly string[]): Promise<number> {
  return unqueue(db, tenant, 'endpoint = any($4::text[])', [endpoints]);
}

/** One that a worker claims at this moment is left alone: it is taken. */
async function unqueue(db: Db, tenant: string, which: string, parameters: readonly unknown[]): Promise<number> {
  const { rowCount } = await db.query(
    `with untaken as (
       select id from delivery where tenant = $1 and state = 'queued' and (${which}) for update skip locked
     )
     update delivery d set state = $2, queued_until = null, probe = false from untaken where d.id = untaken.id and d.state = any($3::text[])`,
    [tenant, stateAfter('unqueue'), statesBefore('unqueue'), ...parameters],
  );
  return rowCount ?? 0;
}
