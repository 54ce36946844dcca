/** Ops stops and resumes an endpoint; each change is audited in the transaction that makes it. */
import { type AuditEntry, type Operator, writeAudit } from '../store/audit.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { lockEndpoint, parkEndpoint, resumeEndpoint } from '../store/endpoints.ts';
import type { Gateway } from './gateway.ts';

/** False: it was not active. Attempts under way end; nothing is discarded meanwhile. */
export function pauseEndpoint(gateway: Gateway, name: string, by: Operator): Promise<boolean> {
  const reason = `paused by ${by.actor}: ${by.reason ?? ''}`;
  return change(gateway, name, 'endpoint.paused', by, (db) => parkEndpoint(db, gateway.tenant, name, reason));
}

/** False: it was active already. */
export async function unpauseEndpoint(gateway: Gateway, name: string, by: Operator): Promise<boolean> {
  const changed = await change(gateway, name, 'endpoint.resumed', by, (db) => resumeEndpoint(db, gateway.tenant, name));
  if (changed) gateway.nudge('deliver');
  return changed;
}

function change(
  { database, tenant }: Gateway,
  name: string,
  action: AuditEntry['action'],
  by: Operator,
  make: (db: Db) => Promise<boolean>,
): Promise<boolean> {
  return inTransaction(database, async (db) => {
    const before = await lockEndpoint(db, tenant, name);
    if (!(await make(db))) return false;
    await writeAudit(db, tenant, { ...by, action, subject: name, before, after: await lockEndpoint(db, tenant, name) });
    return true;
  });
}
