/**
 * An outcome that comes late: a worker sleeps through its lease and wakes while what it held is under way again, in other hands.
 *
 * Left to chance that takes a wake within one attempt of a second. So the others are held still in the middle of theirs until the late
 * outcome was told: only the fence on an outcome's lease keeps it from counting.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../src/store/database.ts';
import type { ChaosSite } from './site.ts';

/** Until the window of the endpoint is full of attempts, the sleeper's among them. */
const FILL_MS = 2_500;
/** Longer than an attempt: whatever the others had under way is over. */
const SETTLE_MS = 2_000;
/** The endpoint hangs again so long before the leases end. */
const AHEAD_MS = 700;
/** For the sleeper to tell its outcome, tried again if a store refuses it. */
const TELL_MS = 3_000;
const LOOK_MS = 20;

interface Held {
  readonly id: string;
  readonly attempts: number;
  /** Until its lease ends. */
  readonly leftMs: number;
}

/** At most `withinMs`; whether it came to it. */
export async function lateOutcome(site: ChaosSite, admin: Database, endpoint: string, sleeper: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  const others = Array.from({ length: site.crew.size }, (_, i) => i).filter((number) => number !== sleeper);
  const signal = (numbers: readonly number[], name: NodeJS.Signals) => {
    for (const number of numbers) site.crew.member(number).signal(name);
  };
  try {
    site.receiver.behave(endpoint, 'hang');
    await sleep(FILL_MS);
    signal([sleeper], 'SIGSTOP');
    site.receiver.behave(endpoint, 'healthy');
    await sleep(SETTLE_MS);
    const held = await heldOver(admin, endpoint);
    if (held.length === 0) return false;
    await sleep(Math.max(0, Math.min(...held.map(({ leftMs }) => leftMs)) - AHEAD_MS));
    site.receiver.behave(endpoint, 'hang');
    while (!(await underWayAgain(admin, held))) {
      if (performance.now() > deadline - TELL_MS) return false;
      await sleep(LOOK_MS);
    }
    signal(others, 'SIGSTOP');
    signal([sleeper], 'SIGCONT');
    await sleep(TELL_MS);
    return true;
  } finally {
    signal([sleeper, ...others], 'SIGCONT');
    site.receiver.behave(endpoint, 'healthy');
  }
}

/** What is under way longer than an attempt lasts: nobody but the sleeper has it. */
async function heldOver(admin: Database, endpoint: string): Promise<Held[]> {
  const { rows } = await admin.query<Held>(
    `select id, attempt_count as attempts, (extract(epoch from lease_until - now()) * 1000)::float8 as "leftMs" from delivery
     where endpoint = $1 and state = 'in_flight' and claimed_at < now() - interval '1500 milliseconds'`,
    [endpoint],
  );
  return rows;
}

async function underWayAgain(admin: Database, held: readonly Held[]): Promise<boolean> {
  const { rows } = await admin.query(
    `select 1 from delivery d join unnest($1::uuid[], $2::int[]) as held (id, attempts) on held.id = d.id
     where d.state = 'in_flight' and d.attempt_count > held.attempts limit 1`,
    [held.map(({ id }) => id), held.map(({ attempts }) => attempts)],
  );
  return rows.length > 0;
}
