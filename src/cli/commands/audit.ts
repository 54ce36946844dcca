/** `quayside audit`: who changed what and why, and whether the record is whole. */
import { GatewayError } from '../../core/errors/errors.ts';
import { listAudit, verifyAudit } from '../../store/audit-queries.ts';
import { parseLimit } from '../limit.ts';
import type { Commands } from '../program.ts';
import { parseSince } from '../since.ts';
import { EXIT, formatTime, printList } from '../terminal.ts';
import { withGateway } from '../with-gateway.ts';

interface ListOptions {
  actor?: string;
  action?: string;
  subject?: string;
  since?: string;
  limit: string;
  json?: boolean;
}

export async function list({ terminal, application }: Commands, _args: readonly string[], options: ListOptions): Promise<number> {
  const app = await application();
  const { actor, action, subject } = options;
  const filter = { actor, action, subject, since: parseSince(options.since, app.now()) };
  const limit = parseLimit(options.limit);
  return withGateway(app, async (gateway) => {
    const rows = await listAudit(gateway.database, gateway.tenant, filter, limit);
    printList(terminal, options.json, rows, {
      header: ['N', 'AT', 'WHO', 'WHAT', 'SUBJECT', 'WHY'],
      cells: (row) => [String(row.n), formatTime(row.at), row.actor, row.action, row.subject, row.reason ?? ''],
    });
    return EXIT.done;
  });
}

export async function verify({ terminal, application }: Commands, _args: readonly string[], { json }: { json?: boolean }): Promise<number> {
  return withGateway(await application(), async (gateway) => {
    const { rows, hash, broken } = await verifyAudit(gateway.database, gateway.tenant);
    if (json) terminal.out(JSON.stringify({ whole: broken === undefined, rows, hash, broken }));
    else if (broken === undefined) terminal.out(`${rows} rows, all whole; the last one has the hash ${hash || 'of nothing'}`);
    if (broken === undefined) return EXIT.done;
    throw new GatewayError('ERR_AUDIT_CHAIN', `row ${broken.n}: expected ${broken.expected}, found ${broken.found}`, {
      hint: `the ${rows} rows before it hold; compare it with a backup`,
    });
  });
}
