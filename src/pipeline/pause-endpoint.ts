/** Ops stops and resumes an endpoint; each change is audited in the transaction that makes it. */
import { writeAudit } from '../store/audit.ts';
import { inTransaction } from '../store/database.ts';
import { parkEndpoint, resumeEndpoint } from '../store/endpoints.ts';
import type { Operator } from '../store/replays.ts';
import type { Gateway } from './gateway.ts';

/** False: it was not active. Attempts under way end; nothing is discarded meanwhile. */
export function pauseEndpoint(gateway: Gateway, name: string, by: Operator): Promise<boolean> {
  return inTransaction(gateway.database, async (db) => {
    const changed = await parkEndpoint(db, gateway.tenant, name, `paused by ${by.actor}: ${by.reason ?? ''}`);
    if (changed) await writeAudit(db, gateway.tenant, { ...by, action: 'endpoint.paused', subject: name });
    return changed;
  });
}

/** False: it was active already. */
export async function unpauseEndpoint(gateway: Gateway, name: string, by: Operator): Promise<boolean> {
  const changed = await inTransaction(gateway.database, async (db) => {
    const resumed = await resumeEndpoint(db, gateway.tenant, name);
    if (resumed) await writeAudit(db, gateway.tenant, { ...by, action: 'endpoint.resumed', subject: name });
    return resumed;
  });
  if (changed) gateway.nudge('deliver');
  return changed;
}
