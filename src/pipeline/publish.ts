/**
 * T2's commit: a batch of translated documents becomes documents, events and deliveries, all or nothing.
 *
 * The lane's fence comes first, so that a worker that lost its lease publishes nothing, and nobody else says something of the same
 * thing meanwhile; places in the order are allocated as late as possible, because they lock their order keys until the commit.
 */
import { randomUUID } from 'node:crypto';
import type { Acknowledging, InterchangeReading } from '../core/acknowledgment.ts';
import type { SourceUnit } from '../core/contracts.ts';
import { fingerprintOf } from '../core/fingerprint.ts';
import { businessKeyOf, contentHashOf, purposeOf } from '../events/business-keys.ts';
import { inTransaction } from '../store/database.ts';
import type { InterchangeRow } from '../store/interchanges.ts';
import { fenceLane } from '../store/lanes.ts';
import { type FinishedMessage, finishMessages } from '../store/messages.ts';
import { type DocumentState, insertDocuments, insertEvents, type NewDocument, type NewEvent } from '../store/publish.ts';
import { insertQuarantined, type NewQuarantined, type QuarantineCause } from '../store/quarantine.ts';
import { type Known, knownStatements, type NewStatement, type Standing } from '../store/statements.ts';
import { acknowledge, reportAcknowledged } from './acknowledge.ts';
import { type Admissions, type ArrivedInterchange, admissionKey, admitInterchanges } from './admit-interchanges.ts';
import type { Gateway } from './gateway.ts';
import { type Judgment, judge, type Said } from './judge.ts';
import { draftEvent, type EventDraft, type EventSurroundings } from './make-event.ts';
import { takeVersions, type VersionProblems, versionKey } from './mapping-versions.ts';
import { observePublication } from './observe-translation.ts';
import { orderEvents, type PlannedEvent } from './order-events.ts';
import { recordAnswers } from './record-answers.ts';
import { isTest, type Translation } from './translate.ts';

export interface PublishItem {
  readonly translation: Translation;
  readonly around: EventSurroundings & { readonly messageId: string };
  /** The row of a document that goes through again. */
  readonly documentId: string | undefined;
  /** A person has decided that it is the next revision, whatever it claims to be. */
  readonly overruled: boolean;
  /** A person has decided that it counts although its interchange has the number of another one. */
  readonly admitted: boolean;
  readonly receiptKey: string;
}

/** A message of which every document is in this batch or in one before. */
export interface FinishedReading extends FinishedMessage {
  readonly receiptKey: string;
  readonly units: readonly SourceUnit[];
  readonly readings: readonly InterchangeReading[];
  readonly acknowledging: Acknowledging | undefined;
}

export interface Lane {
  readonly partner: string;
  readonly token: string;
  readonly leaseMs: number;
}

export class LaneLost extends Error {}

/** Throws LaneLost, having written nothing, when another worker took the lane meanwhile. */
export async function publish(gateway: Gateway, lane: Lane, items: readonly PublishItem[], finished: readonly FinishedReading[]): Promise<void> {
  const { database, tenant, context } = gateway;
  const { partner } = lane;
  const begunAt = performance.now();
  const read = items.map((item) => prepare(gateway, item));
  const refused = await takeInUse(gateway, read);
  const prepared = refused.size === 0 ? read : read.map((p) => prepare(gateway, refuse(p, refused)));
  const drafts = prepared.flatMap((p) => p.drafts);
  const sent = await inTransaction(database, async (db) => {
    if (!(await fenceLane(db, tenant, partner, lane.token, lane.leaseMs))) throw new LaneLost(`the lane of ${partner} was taken over`);
    const ids = drafts.map(({ draft }) => draft.id);
    const keys = drafts.map(({ said }) => said.businessKey);
    const admissions = await admitInterchanges(gateway, db, partner, arrivedIn(items, finished));
    const settled = settle(prepared, await knownStatements(db, tenant, partner, ids, keys), admissions);
    await insertDocuments(
      db,
      tenant,
      partner,
      settled.map(({ row }) => row),
    );
    const planned = settled.flatMap((s) => s.planned);
    const events = planned.length === 0 ? [] : await orderEvents(gateway, db, partner, planned);
    await insertEvents(db, tenant, partner, events);
    // After the events: what is held may contradict one of this batch.
    const held = settled.flatMap(quarantineOf);
    if (held.length > 0) await insertQuarantined(db, tenant, partner, held);
    await finishMessages(db, finished);
    await recordAnswers(gateway, db, partner, settled, finished);
    const acknowledged = await acknowledge(gateway, db, partner, finished, admissions);
    context.failpoint('translate.uncommitted');
    return { settled, events, acknowledged };
  });
  context.failpoint('translate.committed');
  for (const { row, item, test } of sent.settled)
    if (row.state === 'translated' && !test) gateway.tally.add(partner, row.messageId, item.translation);
  observePublication(
    gateway,
    partner,
    begunAt,
    sent.settled.map(({ row }) => row),
    sent.events,
  );
  report(gateway, partner, sent.settled, sent.events);
  reportAcknowledged(gateway, partner, sent.acknowledged);
}

/**
 * Takes the versions of mappings that live documents are about to use; what is tried out may be changed as often as it takes. In a
 * transaction of its own: partners share mappings, and none of them waits for another one's batch.
 */
async function takeInUse({ database, tenant, versionsTaken }: Gateway, prepared: readonly Prepared[]): Promise<VersionProblems> {
  const used = prepared.flatMap(({ row, test, item }) => (row.state === 'translated' && !test ? (item.translation.mapping ?? []) : []));
  const taking = [...new Set(used)].filter((mapping) => !versionsTaken.has(versionKey(mapping)));
  if (taking.length === 0) return new Map();
  const refused = await inTransaction(database, (db) => takeVersions(db, tenant, taking));
  for (const mapping of taking) if (!refused.has(mapping)) versionsTaken.add(versionKey(mapping));
  return refused;
}

function refuse({ item, test }: Prepared, refused: VersionProblems): PublishItem {
  const { translation } = item;
  const problem = translation.mapping === undefined || test ? undefined : refused.get(translation.mapping);
  if (problem === undefined) return item;
  return { ...item, translation: { ...translation, state: 'failed', outputs: [], problems: [...translation.problems, problem] } };
}

/** Those of these documents, and of finished messages also those that have none. */
function arrivedIn(items: readonly PublishItem[], finished: readonly FinishedReading[]): ArrivedInterchange[] {
  const arrived = new Map<string, ArrivedInterchange>();
  const add = (messageId: string, receiptKey: string, index: number, unit: SourceUnit) => {
    const key = admissionKey(messageId, index);
    if (!arrived.has(key)) arrived.set(key, { messageId, receiptKey, index, unit });
  };
  for (const { translation, around, receiptKey } of items) add(around.messageId, receiptKey, translation.document.unit, translation.unit);
  for (const { id, receiptKey, units } of finished) units.forEach((unit, index) => void add(id, receiptKey, index, unit));
  return [...arrived.values()];
}

interface Prepared {
  readonly item: PublishItem;
  readonly row: NewDocument;
  readonly drafts: readonly Draft[];
  readonly test: boolean;
}

interface Draft {
  readonly draft: EventDraft;
  readonly said: Said;
}

function prepare(gateway: Gateway, item: PublishItem): Prepared {
  const { translation, around } = item;
  const { document, mapping, problems } = translation;
  const worst = problems.find((problem) => problem.severity === 'error');
  const row: NewDocument = {
    id: item.documentId ?? randomUUID(),
    messageId: around.messageId,
    ordinal: document.ordinal,
    type: document.type,
    state: translation.state satisfies DocumentState,
    verdict: document.verdict,
    envelope: document.envelope,
    offset: document.offset,
    segments: document.segments,
    problems,
    fingerprint: worst && fingerprintOf([around.partner, document.type, worst.code, worst.message]),
    mapping: mapping && { name: mapping.name, version: mapping.version, hash: mapping.hash },
  };
  const test = isTest(gateway.catalog().partners.get(around.partner), document.envelope);
  const drafts = translation.outputs.map((output): Draft => {
    const draft = draftEvent(translation, output, around);
    return { draft, said: whatItSays(draft, test, item.overruled) };
  });
  return { item, row, drafts, test };
}

/** Test traffic speaks of things of its own: a test invoice must never stand in the way of the real one of that number. */
export function whatItSays({ output: { type, body } }: EventDraft, test: boolean, overruled: boolean): Said {
  const key = businessKeyOf(type, body);
  return { type, purpose: purposeOf(body), businessKey: test ? `test/${key}` : key, contentHash: contentHashOf(type, body), overruled };
}

interface Settled extends Prepared {
  readonly planned: readonly PlannedEvent[];
  readonly repeats: Repetition | undefined;
  readonly conflict: (Draft & { readonly with: Standing }) | undefined;
  /** Of one in quarantine. */
  readonly cause?: QuarantineCause;
}

interface Repetition {
  /** Undefined: what it repeats never became one. */
  readonly eventId: string | undefined;
  /** The same bytes; else the same content under other control numbers. */
  readonly bytes: boolean;
}

/** Documents in the order of arrival: each is held against what was published before, in this batch too. */
function settle(prepared: readonly Prepared[], { events, standings }: Known, admissions: Admissions): Settled[] {
  return prepared.map((p): Settled => {
    const admission = admissions.get(admissionKey(p.row.messageId, p.item.translation.document.unit));
    if (admission?.verdict === 'retransmit') return passOver(p, events);
    if (admission?.verdict === 'conflict' && !p.item.admitted && (p.row.state === 'translated' || p.row.state === 'failed'))
      return setApart(p, admission);
    const news: { draft: EventDraft; statement: NewStatement }[] = [];
    let repeats: Repetition | undefined;
    for (const { draft, said } of p.drafts) {
      if (events.has(draft.id)) {
        repeats ??= { eventId: draft.id, bytes: true };
        continue;
      }
      const judgment: Judgment = judge(said, standings.get(said.businessKey));
      // Nothing of a document goes out while a part of it waits for a person.
      if (judgment.kind === 'conflict') return hold(p, { draft, said, with: judgment.with });
      if (judgment.kind === 'repeat') repeats ??= { eventId: judgment.of.eventId, bytes: false };
      else news.push({ draft, statement: judgment.statement });
    }
    for (const { draft, statement } of news) {
      events.add(draft.id);
      standings.set(statement.businessKey, { ...statement, eventId: draft.id });
    }
    const { row, item, test } = p;
    const planned = news.map((n): PlannedEvent => ({ ...n, translation: item.translation, around: item.around, documentId: row.id, test }));
    if (news.length > 0 || repeats === undefined) return { ...p, planned, repeats: undefined, conflict: undefined };
    return { ...p, row: { ...row, state: 'duplicate', repeats: repeats.eventId }, planned, repeats, conflict: undefined };
  });
}

/** Of the same bytes again nothing is done anew: what became of them stands. */
function passOver(p: Prepared, events: ReadonlySet<string>): Settled {
  const known = p.drafts.find(({ draft }) => events.has(draft.id))?.draft.id;
  const row: NewDocument = { ...p.row, state: 'duplicate', repeats: known };
  return { ...p, row, planned: [], repeats: { eventId: known, bytes: true }, conflict: undefined };
}

function setApart(p: Prepared, { control, earlier }: InterchangeRow): Settled {
  const found = `other bytes than those that came under it before (interchange ${earlier})`;
  const problem = {
    code: 'ERR_INTERCHANGE_CONFLICT',
    severity: 'error',
    message: `interchange ${control}: expected a new control number or the same bytes again, found ${found}`,
    at: { kind: 'segment', offset: p.item.translation.unit.offset, segmentId: 'ISA', element: 13 },
    expected: 'a new control number, or the same bytes again',
    found,
    hint: `ask the partner, then quayside quarantine release ${p.row.id}, or reject it`,
  } as const;
  const row: NewDocument = { ...p.row, state: 'quarantined', problems: [...p.row.problems, problem] };
  return { ...p, row, planned: [], repeats: undefined, conflict: undefined, cause: 'interchange' };
}

function hold(p: Prepared, conflict: NonNullable<Settled['conflict']>): Settled {
  const { draft } = conflict;
  const found = `another content, as ${conflict.said.purpose}`;
  const problem = {
    code: 'ERR_DOCUMENT_CONFLICT',
    severity: 'error',
    message: `${p.row.type} ${draft.documentNumber} was sent before (event ${conflict.with.eventId}): expected the same content or a purpose of replace, change or cancel, found ${found}`,
    at: { kind: 'segment', offset: p.row.offset, segment: p.item.translation.document.tree.segments[0]?.ordinal, segmentId: 'ST' },
    expected: 'the same content, or a purpose of replace, change or cancel',
    found,
    hint: `compare them: quayside quarantine show ${p.row.id}`,
  } as const;
  const row: NewDocument = { ...p.row, state: 'held', problems: [...p.row.problems, problem] };
  return { ...p, row, planned: [], repeats: undefined, conflict };
}

function quarantineOf({ row, conflict, cause = 'sender' }: Settled): NewQuarantined[] {
  if (row.state === 'quarantined') return [{ documentId: row.id, cause }];
  if (conflict === undefined) return [];
  const { draft, said } = conflict;
  return [
    {
      documentId: row.id,
      cause: 'conflict',
      documentNumber: draft.documentNumber,
      orderNumbers: draft.orderNumbers,
      businessKey: said.businessKey,
      contradicts: conflict.with.eventId,
      content: JSON.stringify(draft.output.body),
    },
  ];
}

function report(gateway: Gateway, partner: string, settled: readonly Settled[], events: readonly NewEvent[]): void {
  const { log } = gateway.context;
  for (const { item, row, repeats, planned } of settled) {
    const fields = { messageId: row.messageId, documentId: row.id, partner, type: row.type, ordinal: row.ordinal };
    const problem = item.translation.problems.find((p) => p.severity === 'error') ?? row.problems.at(-1);
    if (repeats !== undefined)
      log.info(
        { ...fields, eventId: repeats.eventId },
        `duplicate: ${repeats.bytes ? 'these bytes were translated before' : 'it says what was said before'}`,
      );
    else if (row.state === 'translated') log.info({ ...fields, mapping: row.mapping?.name, revision: planned[0]?.statement.revision }, 'translated');
    else if (row.state === 'quarantined' || row.state === 'held') log.warn({ ...fields, problem }, `${row.state}: waits for a person`);
    else if (row.state === 'recorded') log.info(fields, 'an acknowledgment by the partner: recorded');
    else log.warn({ ...fields, state: row.state, problem }, 'not translated: dead letter');
  }
  for (const event of events) {
    if (event.deliveries.length === 0) log.warn({ eventId: event.id, partner, event: event.name }, 'unrouted: no endpoint wants this event');
  }
  if (events.length > 0) gateway.nudge('deliver');
}
