import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/gateway.ts';
import { type Log, silentLog } from '../core/context.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { type ControlRole, type ControlTask, startControlRole } from './control-role.ts';

let site: TestDatabase;
let roles: ControlRole[];
let said: string[];
beforeEach(async () => {
  site = await createTestDatabase();
  roles = [];
  said = [];
});
afterEach(async () => {
  for (const role of roles) await role.close();
  await site.drop();
});

function start(task: ControlTask): ControlRole {
  const log: Log = { ...silentLog, error: (_, message) => void said.push(message), info: (_, message) => void said.push(message), child: () => log };
  const role = startControlRole({ database: site.database, tenant: 'default', context: { log } } as Gateway, [task]);
  roles.push(role);
  return role;
}

const counting = (everyMs = 20) => {
  const task = { name: 'count', everyMs, runs: 0, run: async () => void task.runs++ };
  return task;
};

describe('a task of the control role', () => {
  it('is done by one process, and by the other once that one has ended', async () => {
    const [first, second] = [counting(), counting()];
    const role = start(first);
    await until('the first runs', () => first.runs > 1);
    start(second);
    const before = first.runs;
    await until('it goes on', () => first.runs > before + 5);
    expect(second.runs).toBe(0);
    await role.close();
    await until('the second has taken over', () => second.runs > 0);
  }, 60_000);

  it('is taken over when the lease of a process that died has run out', async () => {
    const survivor = counting();
    const dead = `insert into drop_lease (tenant, name, lease_token, lease_until) values ('default', 'task/count', gen_random_uuid(), now() + interval '1 hour')`;
    await site.database.query(dead);
    start(survivor);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(survivor.runs).toBe(0);
    await site.database.query('update drop_lease set lease_until = now()');
    await until('it has taken over', () => survivor.runs > 0);
  }, 60_000);

  it('is told to stop when its lease is lost', async () => {
    let aborted = false;
    start({
      name: 'count',
      everyMs: 60_000,
      run: (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve();
          }),
        ),
    });
    await until('it runs', async () => (await site.database.query('select from drop_lease')).rowCount === 1);
    await site.database.query('update drop_lease set lease_token = gen_random_uuid()');
    await until('it was told', () => aborted, 30_000);
  }, 60_000);

  it('is tried again after a fault, which is said once, and so is its end', async () => {
    let runs = 0;
    start({
      name: 'count',
      everyMs: 20,
      run: async () => {
        if (++runs < 4) throw new Error('not yet');
      },
    });
    await until('it is well', () => said.length === 2);
    expect(said).toEqual(['task failed, tried again', 'task is well again']);
  }, 60_000);
});
