/**
 * The figures of the installation, for gauges and alerts: a handful of questions that indexes answer, each with an end.
 *
 * Read-only, and cut off by PostgreSQL after a few seconds: looking at a sick database must not make it worse.
 */
import {
  COUNT_LIMIT,
  type DeadLetterGroup,
  type EndpointFigures,
  GROUP_LIMIT,
  type StoreFigures,
  type Tally,
  type UnexplainedFigures,
} from '../core/store-figures.ts';
import { type Database, type Db, inTransaction } from './database.ts';

const LATEST_AUDITED = 10_000;

export async function readFigures(database: Database, tenant: string): Promise<StoreFigures> {
  return inTransaction(database, async (db) => {
    await db.query('set transaction read only');
    await db.query('set local statement_timeout = 5000');
    const endpoints = await endpointFigures(db, tenant);
    const deadLetters = await deadLetterGroups(db, tenant);
    const { rows } = await db.query<Singles>(SINGLES, [tenant, COUNT_LIMIT]);
    const [singles] = rows;
    if (singles === undefined) throw new TypeError('expected a row of figures, found none');
    return {
      endpoints,
      deadLetters,
      ...singles,
      unexplained: await unexplainedFigures(db, tenant),
      interventions: await tally(
        db,
        tenant,
        `select action as name, count(*)::int as count
         from (select action, at from audit where tenant = $1 order by n desc limit ${LATEST_AUDITED}) latest
         where at > now() - interval '24 hours' group by action`,
      ),
      replayJobs: await tally(
        db,
        tenant,
        `select state as name, count(*)::int as count from replay_job where tenant = $1 and state = 'running' group by state`,
      ),
      alerts: await tally(db, tenant, 'select rule as name, count(*)::int as count from alert where tenant = $1 and ended_at is null group by rule'),
    };
  });
}

type Singles = Pick<StoreFigures, 'untranslated' | 'oldestUntranslatedSeconds' | 'unrouted' | 'quarantined'>;

const counted = (rows: string): string => `(select count(*)::int from (select 1 from ${rows} limit $2) counted)`;
const ageOf = (time: string): string => `extract(epoch from now() - ${time})::float8`;

const SINGLES = `
  select ${counted(`message where tenant = $1 and state = 'received'`)} as untranslated,
         (select ${ageOf('min(oldest.received_at)')} from partner_lane l cross join lateral (
            select m.received_at from message m where m.tenant = l.tenant and m.partner = l.partner and m.state = 'received' order by m.arrival limit 1
          ) oldest where l.tenant = $1) as "oldestUntranslatedSeconds",
         ${counted(`event where tenant = $1 and routed_to = 0 and created_at > now() - interval '24 hours'`)} as unrouted,
         ${counted('quarantine where tenant = $1 and decision is null')} as quarantined`;

/** Each count and age is a walk along one index from its beginning. Heads are in two ranges of theirs: first attempts, and those made again. */
async function endpointFigures(db: Db, tenant: string): Promise<EndpointFigures[]> {
  const of = (condition: string) => `delivery d where d.tenant = e.tenant and d.endpoint = e.name and ${condition}`;
  const heads = (again: boolean) => of(`d.state in ('pending', 'retry_wait') and d.waiting = 0 and d.again = ${again}`);
  const both = (condition: string) => `${counted(`${heads(false)} and ${condition}`)} + ${counted(`${heads(true)} and ${condition}`)}`;
  const oldest = (again: boolean) => `(select min(next_attempt_at) from ${heads(again)} and d.next_attempt_at <= now())`;
  const blocked = of(`d.state in ('pending', 'retry_wait') and d.waiting > 0`);
  const { rows } = await db.query<EndpointFigures>(
    `select e.name as endpoint, e.state, e.breaker,
            case when e.state <> 'active' then e.park_reason when e.breaker <> 'closed' then e.opened_by end as reason,
            case when e.state <> 'active' then ${ageOf('e.parked_at')} when e.breaker <> 'closed' then ${ageOf('e.opened_at')} end as "stoppedSeconds",
            ${both('d.next_attempt_at <= now()')} as due, ${both('d.next_attempt_at > now()')} as "retryWait",
            ${counted(blocked)} as blocked,
            ${counted(of(`d.state = 'queued'`))} as queued, ${counted(of(`d.state = 'in_flight'`))} as "inFlight",
            ${ageOf(`least(${oldest(false)}, ${oldest(true)})`)} as "oldestDueSeconds",
            ${ageOf(`(select min(created_at) from ${blocked})`)} as "oldestBlockedSeconds"
     from endpoint e where e.tenant = $1 order by e.name`,
    [tenant, COUNT_LIMIT],
  );
  return rows;
}

/** The largest first. */
async function deadLetterGroups(db: Db, tenant: string): Promise<DeadLetterGroup[]> {
  const { rows } = await db.query<DeadLetterGroup>(
    `select stage, fingerprint, count(*)::int as count from (
       (select 'deliver' as stage, coalesce(fingerprint, 'unknown') as fingerprint from delivery where tenant = $1 and state = 'dead' limit $2)
       union all
       (select 'translate', coalesce(fingerprint, 'unknown') from document where tenant = $1 and state in ('rejected', 'failed') limit $2)
       union all
       (select 'receive', coalesce(problems->0->>'code', 'unknown') from message where tenant = $1 and (state = 'failed' or faulty) limit $2)
     ) dead group by stage, fingerprint order by count desc, stage, fingerprint limit ${GROUP_LIMIT}`,
    [tenant, COUNT_LIMIT],
  );
  return rows;
}

async function unexplainedFigures(db: Db, tenant: string): Promise<UnexplainedFigures[]> {
  const { rows } = await db.query<UnexplainedFigures>(
    `select u.partner, u.mapping, count(*)::int as kinds, (array_agg(u.key order by u.first_seen_at desc, u.key))[1] as key,
            (array_agg(u.example order by u.first_seen_at desc, u.key))[1] as example
     from unread_source u
     where u.tenant = $1 and u.last_seen_at > now() - interval '24 hours'
       and u.version = (select version from mapping_use m where m.tenant = $1 and m.partner = u.partner and m.mapping = u.mapping
                        order by last_used_at desc, version desc limit 1)
     group by u.partner, u.mapping order by u.partner, u.mapping limit ${GROUP_LIMIT}`,
    [tenant],
  );
  return rows;
}

async function tally(db: Db, tenant: string, text: string): Promise<Tally[]> {
  const { rows } = await db.query<Tally>(text, [tenant]);
  return rows;
}
