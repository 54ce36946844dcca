/**
 * One look at the rules: what began, got worse, goes on or is over is written down together with who is to be told, in one
 * transaction; then what waits to be told is sent.
 *
 * A crash before the commit has told nobody, and the next look finds the same; a crash after it leaves notices that any gateway sends.
 */
import type { Alerts } from '../alerts/alerts-file.ts';
import { type Condition, conditionsOf, rulesThatEnd } from '../alerts/conditions.ts';
import type { Change } from '../alerts/notice.ts';
import type { Log } from '../core/context.ts';
import type { StoreFigures } from '../core/store-figures.ts';
import { forgetOldAlerts, insertNotices, lockAlerts, type NewNotice, recordConditions, silentSeconds, type Transition } from '../store/alerts.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { readFigures } from '../store/figures.ts';
import { type NoticeRoad, sendNotices } from './send-notices.ts';

/** A gateway that was down for a day has read nothing for a day: its channels are given this long before their silence counts. */
const GRACE_MS = 10 * 60_000;
const MOST_CHANGES = 100;
const FORGET_EVERY_MS = 3_600_000;

/** The task of the control role; `signal` ends attempts under way. */
export function alertsTask(road: NoticeRoad, graceMs = GRACE_MS): (signal: AbortSignal) => Promise<void> {
  const startedAt = performance.now();
  let forgotAt = startedAt;
  return async (signal) => {
    await lookAtRules(road, performance.now() - startedAt >= graceMs);
    await sendNotices(road, signal);
    if (performance.now() - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = performance.now();
    await forgetOldAlerts(road.database, road.tenant);
  };
}

async function lookAtRules(road: NoticeRoad, silenceCounts: boolean): Promise<void> {
  const { database, tenant, context } = road;
  const alerts = road.alerts();
  const changes = await inTransaction(database, async (db) => {
    if (!(await lockAlerts(db, tenant))) return [];
    const figures = await readFigures(database, tenant);
    const conditions = conditionsOf(figures, silenceCounts ? await hear(db, tenant, alerts) : [], alerts);
    const told = changesOf(await record(db, tenant, alerts, conditions, figures, silenceCounts), conditions);
    await insertNotices(db, tenant, noticesOf(told, alerts));
    return told;
  });
  for (const change of changes) tell(context.log, change);
}

const hear = async (db: Db, tenant: string, { silences }: Alerts) => {
  const seconds = await silentSeconds(db, tenant, silences);
  return silences.map((silence) => ({ silence, silentSeconds: seconds.get(silence.subject) ?? 0 }));
};

function record(
  db: Db,
  tenant: string,
  { rules }: Alerts,
  conditions: readonly Condition[],
  figures: StoreFigures,
  silenceCounts: boolean,
): Promise<Transition[]> {
  const inForce = [...rules.keys()];
  const active = conditions.map(({ rule, subject, level }) => ({ rule, subject, level, repeatMs: rules.get(rule)?.repeatMs ?? 0 }));
  const endable = rulesThatEnd(figures, inForce).filter((name) => name !== 'silence' || silenceCounts);
  return recordConditions(db, tenant, active, { inForce, endable });
}

function changesOf(transitions: readonly Transition[], conditions: readonly Condition[]): Change[] {
  const words = new Map(conditions.map((condition) => [`${condition.rule} ${condition.subject}`, condition]));
  return transitions.map(({ rule, subject, change, level, beganAt }) => {
    const condition = words.get(`${rule} ${subject}`);
    const summary = condition?.summary ?? `${rule} ${subject} is over`;
    return { rule, subject, change, level, summary, hint: condition?.hint ?? 'nothing', since: beganAt.toISOString() };
  });
}

/** One for each receiver, however many changes there are: a bad day is one mail, not a thousand. */
function noticesOf(changes: readonly Change[], { rules, receivers }: Alerts): NewNotice[] {
  return [...receivers.keys()].flatMap((receiver) => {
    // What is over of a rule that is off now was told to nobody knows whom: all are told.
    const own = changes.filter(({ rule }) => [...rules].every(([name, { receivers: told }]) => name !== rule || told.includes(receiver)));
    return own.length === 0 ? [] : [{ receiver, changes: own.slice(0, MOST_CHANGES), more: Math.max(0, own.length - MOST_CHANGES) }];
  });
}

function tell(log: Log, { change, rule, subject, summary, hint, since }: Change): void {
  const fields = { alert: rule, subject, since };
  if (change === 'over') log.info(fields, `alert is over: ${rule} ${subject}`);
  else log.warn({ ...fields, hint }, `alert ${change}: ${summary}`);
}
