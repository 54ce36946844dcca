/**
 * Taking an endpoint out of service: nothing that it was owed is lost by removing a file.
 *
 * A queue file whose endpoint has a backlog cannot be removed or renamed until someone has said where the backlog goes. The answer is
 * kept with the endpoint and holds for what comes for it later, too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../core/errors/errors.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import { type Operator, writeAudit } from '../store/audit.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { listEndpoints, registerEndpoints } from '../store/endpoints.ts';
import {
  type Backlog,
  backlogOf,
  countShared,
  disableEndpoint,
  discardBacklog,
  moveBacklog,
  type Retirement,
  type Settled,
  strandedBacklogs,
  unsettledRetirements,
} from '../store/retire-endpoint.ts';
import type { Gateway } from './gateway.ts';

export type BacklogGoes = { readonly to: string } | 'discard';

export interface RetirementPlan extends Backlog {
  /** Of the backlog: the other endpoint has these events already, so they are discarded. */
  readonly shared: number;
}

/** Attempts under way are waited for; what takes longer is settled by the control role. */
const WAIT_MS = 30_000;
const LOOK_MS = 250;

/** What retiring would do; changes nothing. Throws ERR_NOT_FOUND, or ERR_USAGE for a place where it cannot go. */
export async function planRetirement(gateway: Gateway, name: string, goes: BacklogGoes): Promise<RetirementPlan> {
  const { database, tenant } = gateway;
  const known = await listEndpoints(database, tenant);
  const names = known.map((endpoint) => endpoint.name);
  if (!names.includes(name)) throw unknownEndpoint(name, names);
  if (goes !== 'discard') {
    const target = known.find((endpoint) => endpoint.name === goes.to);
    if (goes.to === name) throw new GatewayError('ERR_USAGE', `--to: expected another endpoint, found ${name} itself`);
    if (!gateway.catalog().endpoints.has(goes.to)) throw unknownEndpoint(goes.to, [...gateway.catalog().endpoints.keys()]);
    if (target?.state === 'disabled')
      throw new GatewayError('ERR_USAGE', `--to: expected an endpoint in service, found ${goes.to}, which is retired`);
  }
  const shared = goes === 'discard' ? 0 : await countShared(database, tenant, name, goes.to);
  return { ...(await backlogOf(database, tenant, name)), shared };
}

/** Disables the endpoint and settles its backlog, audited. What has an attempt under way after half a minute follows by itself. */
export async function retireEndpoint(
  gateway: Gateway,
  name: string,
  goes: BacklogGoes,
  by: Operator & { readonly reason: string },
): Promise<Settled> {
  const { database, tenant } = gateway;
  const { open, dead } = await planRetirement(gateway, name, goes);
  const retirement: Retirement = { endpoint: name, to: goes === 'discard' ? null : goes.to, reason: by.reason };
  const before = (await listEndpoints(database, tenant)).find((endpoint) => endpoint.name === name);
  await inTransaction(database, async (db) => {
    if (retirement.to !== null) await registerEndpoints(db, tenant, [retirement.to]);
    await disableEndpoint(db, tenant, retirement, by.actor);
    await writeAudit(db, tenant, {
      ...by,
      action: 'endpoint.retired',
      subject: name,
      before: { state: before?.state, open, dead },
      after: { state: 'disabled', backlog: retirement.to ?? 'discarded' },
    });
  });
  const until = performance.now() + WAIT_MS;
  let total: Settled = { moved: 0, discarded: 0, underWay: 0 };
  for (;;) {
    const settled = await settleBacklog(gateway, retirement);
    total = { moved: total.moved + settled.moved, discarded: total.discarded + settled.discarded, underWay: settled.underWay };
    if (settled.underWay === 0 || performance.now() > until) return total;
    await sleep(LOOK_MS);
  }
}

async function settleBacklog(gateway: Gateway, retirement: Retirement): Promise<Settled> {
  const { database, tenant } = gateway;
  const { to } = retirement;
  const settled = await inTransaction(database, (db) =>
    to === null ? discardBacklog(db, tenant, retirement) : moveBacklog(db, tenant, { ...retirement, to }),
  );
  if (settled.moved > 0) gateway.nudge('deliver');
  return settled;
}

/** For the control role: what still came for a retired endpoint goes where its backlog went. */
export const retirementTask = (gateway: Gateway) => ({
  name: 'retired-endpoints',
  everyMs: 5_000,
  async run(signal: AbortSignal): Promise<void> {
    for (const retirement of await unsettledRetirements(gateway.database, gateway.tenant)) {
      if (signal.aborted) return;
      const { moved, discarded } = await settleBacklog(gateway, retirement);
      if (moved + discarded > 0)
        gateway.context.log.warn(
          { endpoint: retirement.endpoint, to: retirement.to, moved, discarded },
          'deliveries came for a retired endpoint and went where its backlog goes: remove its queue file',
        );
    }
  },
});

/** For the start. Throws ERR_CONFIG_BACKLOG when a file is gone while its endpoint has a backlog; else each endpoint of the files has its row. */
export async function refuseStranded(database: Database, tenant: string, withFile: readonly string[]): Promise<void> {
  const [first, ...others] = await strandedBacklogs(database, tenant, withFile);
  if (first !== undefined) {
    const more = others.length === 0 ? '' : `; the same of ${others.map((backlog) => backlog.endpoint).join(', ')}`;
    throw new GatewayError('ERR_CONFIG_BACKLOG', `${describe(first)}${more}`, { hint: wayOut(first.endpoint) });
  }
  await registerEndpoints(database, tenant, withFile);
}

/** For a reload: the same, as problems, by endpoint. */
export async function strandedProblems(database: Database, tenant: string, withFile: readonly string[]): Promise<Map<string, Problem>> {
  await registerEndpoints(database, tenant, withFile);
  const stranded = await strandedBacklogs(database, tenant, withFile);
  return new Map(
    stranded.map((backlog) => [
      backlog.endpoint,
      { code: 'ERR_CONFIG_BACKLOG', severity: 'error', message: describe(backlog), hint: wayOut(backlog.endpoint) },
    ]),
  );
}

const describe = ({ endpoint, open, dead }: Backlog): string =>
  `expected queues/${endpoint}.yaml, found none: ${open} open and ${dead} dead deliveries belong to this endpoint`;

const wayOut = (endpoint: string): string =>
  `put the file back, or say where they go: quayside endpoint retire ${endpoint} (--to OTHER | --discard) --reason …`;

export function unknownEndpoint(name: string, names: readonly string[]): GatewayError {
  const near = suggest(name, names);
  return new GatewayError('ERR_NOT_FOUND', `there is no endpoint "${name}"`, { hint: near && `did you mean "${near}"?` });
}
