/**
 * The memory of alerts: what began, what was told, what waits to be sent.
 *
 * One gateway at a time looks at the rules (an advisory lock), and each transition is one conditional statement: an alert begins once,
 * is repeated once an interval and ends once, whatever the number of gateways and of restarts.
 */
import type { Db } from './database.ts';

export interface ActiveCondition {
  readonly rule: string;
  readonly subject: string;
  readonly level: number;
  /** How soon it may be told again. */
  readonly repeatMs: number;
}

export interface Transition {
  readonly rule: string;
  readonly subject: string;
  readonly change: 'begun' | 'risen' | 'repeated' | 'over';
  readonly level: number;
  readonly beganAt: Date;
}

/** Inside a transaction: until it ends nobody else looks at the rules. False: somebody does. */
export async function lockAlerts(db: Db, tenant: string): Promise<boolean> {
  const { rows } = await db.query<{ locked: boolean }>(`select pg_try_advisory_xact_lock(hashtextextended('quayside alerts ' || $1, 0)) as locked`, [
    tenant,
  ]);
  return rows[0]?.locked === true;
}

/** Under the lock. `endable`: the rules of which what is not among the conditions is over; an alert of a rule that is not in force is over too. */
export async function recordConditions(
  db: Db,
  tenant: string,
  conditions: readonly ActiveCondition[],
  rules: { readonly inForce: readonly string[]; readonly endable: readonly string[] },
): Promise<Transition[]> {
  const { rows } = await db.query<Transition>(
    `with active as (
       select * from jsonb_to_recordset($2::jsonb) as c (rule text, subject text, level bigint, "repeatMs" bigint)
     ), begun as (
       insert into alert (tenant, rule, subject, level) select $1, rule, subject, level from active
       on conflict (tenant, rule, subject) where ended_at is null do nothing returning rule, subject, 'begun' as change, level, began_at
     ), known as (
       select a.id, a.level from alert a where a.tenant = $1 and a.ended_at is null
     ), told as (
       update alert a set level = greatest(a.level, c.level), told_at = now()
       from active c, known k where k.id = a.id and a.rule = c.rule and a.subject = c.subject
         and (c.level > a.level or a.told_at <= now() - c."repeatMs" * interval '1 millisecond')
       returning a.rule, a.subject, case when c.level > k.level then 'risen' else 'repeated' end as change, c.level, a.began_at
     ), over as (
       update alert a set ended_at = now() from known k
       where k.id = a.id and (a.rule = any($3::text[]) or a.rule <> all($4::text[]))
         and not exists (select from active c where c.rule = a.rule and c.subject = a.subject)
       returning a.rule, a.subject, 'over' as change, a.level, a.began_at
     )
     select rule, subject, change, level, began_at as "beganAt"
     from (select * from begun union all select * from told union all select * from over) changes order by change, rule, subject`,
    [tenant, JSON.stringify(conditions), rules.endable, rules.inForce],
  );
  return rows;
}

export interface NewNotice {
  readonly receiver: string;
  readonly changes: readonly object[];
  /** Changes that are too many to list. */
  readonly more: number;
}

export async function insertNotices(db: Db, tenant: string, notices: readonly NewNotice[]): Promise<void> {
  if (notices.length === 0) return;
  await db.query(
    `insert into alert_notice (tenant, receiver, changes, more)
     select $1, receiver, changes, more from jsonb_to_recordset($2::jsonb) as n (receiver text, changes jsonb, more int)`,
    [tenant, JSON.stringify(notices)],
  );
}

export interface StoredNotice<Change> {
  readonly id: string;
  readonly receiver: string;
  readonly changes: readonly Change[];
  readonly more: number;
  /** This try, from 1. */
  readonly attempts: number;
  readonly createdAt: Date;
}

/** Takes notices to be sent; one whose sender dies is taken again once `leaseMs` has passed. */
export async function claimNotices<Change>(db: Db, tenant: string, limit: number, leaseMs: number): Promise<StoredNotice<Change>[]> {
  const { rows } = await db.query<StoredNotice<Change>>(
    `with due as (
       select id from alert_notice where tenant = $1 and sent_at is null and given_up_at is null and next_attempt_at <= now()
       order by next_attempt_at limit $2 for update skip locked
     )
     update alert_notice n set attempts = attempts + 1, next_attempt_at = now() + $3 * interval '1 millisecond' from due where n.id = due.id
     returning n.id, n.receiver, n.changes, n.more, n.attempts, n.created_at as "createdAt"`,
    [tenant, limit, leaseMs],
  );
  return rows;
}

export async function finishNotice(db: Db, id: string, state: 'sent' | 'given_up', detail: string | undefined): Promise<void> {
  const column = state === 'sent' ? 'sent_at' : 'given_up_at';
  await db.query(`update alert_notice set ${column} = now(), last_detail = $2 where id = $1`, [id, detail ?? null]);
}

export async function postponeNotice(db: Db, id: string, delayMs: number, detail: string): Promise<void> {
  await db.query(`update alert_notice set next_attempt_at = now() + $2 * interval '1 millisecond', last_detail = $3 where id = $1`, [
    id,
    delayMs,
    detail,
  ]);
}

/** What is over and told for longer than a month is nobody's any more. */
export async function forgetOldAlerts(db: Db, tenant: string): Promise<void> {
  await db.query(`delete from alert where tenant = $1 and ended_at < now() - interval '30 days'`, [tenant]);
  await db.query(`delete from alert_notice where tenant = $1 and coalesce(sent_at, given_up_at) < now() - interval '30 days'`, [tenant]);
}

export interface Listened {
  readonly subject: string;
  readonly channel?: { readonly partner: string; readonly channel: string } | undefined;
}

/** Messages of a partner that are looked through for the last one of a channel. */
const LOOKED_THROUGH = 10_000;

/**
 * For how long each has been silent. Where nothing was ever received, since it was first asked; where the channel is not among a partner's
 * latest messages, since the oldest of those.
 */
export async function silentSeconds(db: Db, tenant: string, listened: readonly Listened[]): Promise<Map<string, number>> {
  if (listened.length === 0) return new Map();
  await db.query('insert into alert_watch (tenant, subject) select $1, unnest($2::text[]) on conflict do nothing', [
    tenant,
    listened.map(({ subject }) => subject),
  ]);
  const { rows } = await db.query<{ subject: string; seconds: number }>(
    `select w.subject, extract(epoch from now() - coalesce(
       case when l.partner is null
         then (select m.received_at from message m where m.tenant = $1 order by m.received_at desc limit 1)
         else (select coalesce(max(m.received_at) filter (where m.channel = l.channel), case when count(*) = ${LOOKED_THROUGH} then min(m.received_at) end)
               from (select channel, received_at from message where tenant = $1 and partner = l.partner order by arrival desc limit ${LOOKED_THROUGH}) m)
       end, w.since))::float8 as seconds
     from unnest($2::text[], $3::text[], $4::text[]) as l (subject, partner, channel)
     join alert_watch w on w.tenant = $1 and w.subject = l.subject`,
    [
      tenant,
      listened.map(({ subject }) => subject),
      listened.map(({ channel }) => channel?.partner ?? null),
      listened.map(({ channel }) => channel?.channel ?? null),
    ],
  );
  return new Map(rows.map(({ subject, seconds }) => [subject, seconds]));
}
