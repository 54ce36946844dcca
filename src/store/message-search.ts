/**
 * Finding messages by whatever is known of them, newest first, a page at a time.
 *
 * Numbers (order, document, control) are looked up in their own indexes. Everything else is told by looking at messages one after the
 * other, and a page looks at a bounded number: it may come back short, or empty, with a place to go on from.
 */
import { normaliseOrderNumber } from '../core/identity.ts';
import type { Db } from './database.ts';
import { instantOf, microsOf } from './exact-time.ts';
import { describeMessages, type MessageRow, type MessageStatus } from './message-queries.ts';
import { inPartners, valueOfPartners } from './partner-scope.ts';

export interface MessageFilter {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly orderNumber?: string | undefined;
  readonly documentNumber?: string | undefined;
  /** ISA13 or GS06. */
  readonly controlNumber?: string | undefined;
  /** Part of it, in any case. */
  readonly filename?: string | undefined;
  readonly status?: MessageStatus | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** After which message of the list a page begins. */
export interface MessagePlace {
  /** Microseconds since 1970: a Date would lose three digits, and with them the place among what came together. */
  readonly receivedAt: number;
  readonly arrival: number;
  readonly id: string;
}

export interface MessagePage {
  readonly messages: readonly MessageRow[];
  /** Undefined: that was all. */
  readonly next: MessagePlace | undefined;
}

/** Rows that a page passes over at most, and messages whose status it works out at most. */
const LOOKED_AT = 20_000;
const WORKED_OUT = 500;

export async function searchMessages(
  db: Db,
  tenant: string,
  filter: MessageFilter,
  after: MessagePlace | undefined,
  limit: number,
): Promise<MessagePage> {
  const take = filter.status === undefined ? limit : Math.max(WORKED_OUT, limit);
  const { candidates, end } = await findCandidates(db, tenant, filter, after, take);
  const described = new Map(
    (
      await describeMessages(
        db,
        tenant,
        candidates.map(({ id }) => id),
      )
    ).map((row) => [row.id, row]),
  );
  const messages: MessageRow[] = [];
  for (const place of candidates) {
    const message = described.get(place.id);
    if (message === undefined || (filter.status !== undefined && message.status !== filter.status)) continue;
    messages.push(message);
    if (messages.length === limit && place !== candidates.at(-1)) return { messages, next: place };
  }
  return { messages, next: end };
}

/** For the command line: the newest that match, however far back they are. */
export async function listMessages(db: Db, tenant: string, filter: MessageFilter = {}, limit = 100): Promise<MessageRow[]> {
  const found: MessageRow[] = [];
  let place: MessagePlace | undefined;
  do {
    const page = await searchMessages(db, tenant, filter, place, limit - found.length);
    found.push(...page.messages);
    place = page.next;
  } while (place !== undefined && found.length < limit);
  return found;
}

interface Candidates {
  readonly candidates: readonly MessagePlace[];
  /** Where to go on; undefined: there are no more. */
  readonly end: MessagePlace | undefined;
}

async function findCandidates(db: Db, tenant: string, filter: MessageFilter, after: MessagePlace | undefined, take: number): Promise<Candidates> {
  const values: unknown[] = [tenant];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const { partners, since, until } = filter;
  // The partner's own index has no times; where a span is asked for, its rows are looked through instead.
  const [only] = partners?.length === 1 && since === undefined && until === undefined ? partners : [];
  const order = only === undefined ? 'm.received_at desc, m.arrival desc, m.id desc' : 'm.arrival desc';
  const where = ['m.tenant = $1'];
  if (only !== undefined) where.push(`m.partner = ${value(only)}`);
  if (after !== undefined && only !== undefined) where.push(`m.arrival < ${value(after.arrival)}`);
  if (after !== undefined && only === undefined)
    where.push(
      `(m.received_at, m.arrival, m.id) < (${instantOf(value(after.receivedAt))}, ${value(after.arrival)}::bigint, ${value(after.id)}::uuid)`,
    );
  if (since !== undefined) where.push(`m.received_at >= ${value(since)}`);
  if (until !== undefined) where.push(`m.received_at < ${value(until)}`);
  const numbered = numberQueries(filter, value);
  for (const name of numbered.keys()) where.push(`m.id in (select message_id from ${name})`);
  // What the list's own order or a number's index tells needs no looking through.
  const picky = filter.filename !== undefined || (partners !== undefined && only === undefined);
  const look = value(picky ? Math.max(LOOKED_AT, take) : take);
  const { rows } = await db.query<MessagePlace & { matches: boolean; more: boolean }>(
    `with ${[...numbered].map(([name, query]) => `${name} as materialized (${query}), `).join('')}looked as materialized (
       select m.id, m.received_at, m.arrival, row_number() over (order by ${order}) as r,
              ${inPartners('m.partner', value(valueOfPartners(partners)))}
              and position(lower(${value(filter.filename ?? '')}) in lower(m.filename)) > 0 as matches
       from message m where ${where.join(' and ')} order by ${order} limit ${look}::int + 1
     ), chosen as (
       (select *, true as candidate from looked where matches and r <= ${look} order by r limit ${value(take + 1)})
       union all
       (select *, false from looked where r <= ${look} order by r desc limit 1)
     )
     select id, ${microsOf('received_at')} as "receivedAt", arrival, candidate as matches, (select count(*) from looked) > ${look} as more
     from chosen order by candidate desc, r`,
    values,
  );
  const places = rows.map(({ matches, more, ...place }) => ({ matches, more, place }));
  const candidates = places.filter(({ matches }) => matches).map(({ place }) => place);
  if (candidates.length > take) return { candidates: candidates.slice(0, take), end: candidates[take - 1] };
  const end = places.find(({ matches }) => !matches);
  return { candidates, end: end?.more ? end.place : undefined };
}

/** For each number that is asked for: the messages that have it, from the number's own index. */
function numberQueries(filter: MessageFilter, value: (given: unknown) => string): Map<string, string> {
  const queries = new Map<string, string>();
  const events = 'select distinct d.message_id from event e join document d on d.id = e.document_id where e.tenant = $1 and';
  if (filter.orderNumber !== undefined)
    queries.set('of_order', `${events} e.order_numbers @> array[${value(normaliseOrderNumber(filter.orderNumber))}]`);
  if (filter.documentNumber !== undefined) queries.set('of_document', `${events} e.document_number = ${value(filter.documentNumber)}`);
  if (filter.controlNumber !== undefined)
    queries.set(
      'of_control',
      `select distinct d.message_id from document d where d.tenant = $1
       and array[d.envelope->>'interchangeControl', d.envelope->>'groupControl'] @> array[${value(filter.controlNumber)}]`,
    );
  return queries;
}
