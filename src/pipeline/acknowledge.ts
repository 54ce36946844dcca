/**
 * Acknowledgments: made in the very transaction that finishes their interchange, so that no crash loses or doubles one.
 *
 * True when they are made: a set that waits for a person withholds its group's, until a decision takes the message through here again. The
 * id is made of the hand-over and the group, so a second pass finds what the first one sent. An interchange that came before is
 * answered with what was said then, under a new number.
 */
import type { InterchangeReading, Owed } from '../core/acknowledgment.ts';
import { acknowledgmentId } from '../core/identity.ts';
import type { AcknowledgmentSettings } from '../partners/acknowledgment-settings.ts';
import {
  type AcknowledgmentContent,
  type AcknowledgmentRow,
  acknowledgmentsOf,
  type UndecidedDocument,
  undecidedDocuments,
  writeAcknowledgments,
} from '../store/acknowledgments.ts';
import type { Db } from '../store/database.ts';
import { type InterchangeRow, markTaken } from '../store/interchanges.ts';
import { type Admissions, admissionKey } from './admit-interchanges.ts';
import type { Gateway } from './gateway.ts';
import type { FinishedReading } from './publish.ts';
import { type SentAcknowledgment, sendAcknowledgments, type ToSend } from './send-acknowledgments.ts';

export interface Acknowledged {
  readonly sent: readonly SentAcknowledgment[];
  readonly withheld: readonly AcknowledgmentRow[];
}

export async function acknowledge(
  gateway: Gateway,
  db: Db,
  partner: string,
  finished: readonly FinishedReading[],
  admissions: Admissions,
): Promise<Acknowledged> {
  const read = finished.filter(({ readings }) => readings.length > 0);
  if (read.length === 0) return { sent: [], withheld: [] };
  const settings = gateway.catalog().partners.get(partner)?.acknowledgments;
  const documents = await documentsByMessage(db, read);
  await settleTaken(db, read, admissions, documents);
  if (settings === undefined) return { sent: [], withheld: [] };

  const known = await knownAcknowledgments(db, read, admissions);
  const rows: AcknowledgmentRow[] = [];
  const toSend: ToSend[] = [];
  for (const message of read) {
    const { acknowledging } = message;
    for (const reading of message.readings) {
      const interchange = admissions.get(admissionKey(message.id, reading.unit));
      if (acknowledging === undefined || interchange === undefined) continue;
      const surroundings = { messageId: message.id, interchange, acknowledging };
      const earlier = interchange.verdict === 'retransmit' ? known.ofInterchange(interchange.earlier) : [];
      const answers =
        earlier.length > 0 ? repeated(earlier) : answersTo(reading, interchange, settings, acknowledging, documents.get(message.id) ?? []);
      for (const { owed, content, state, reason } of answers) {
        const id = acknowledgmentId(interchange.id, owed.group);
        const before = known.byId(id);
        if (before !== undefined && before.state !== 'withheld') continue;
        const group = content.reading.groups.find(({ index }) => index === owed.group);
        const named = {
          id,
          interchangeId: interchange.id,
          kind: owed.kind,
          groupControl: group?.control ?? null,
          functionalId: group?.functionalId ?? null,
        };
        if (state === 'sent') toSend.push({ ...surroundings, row: named, content });
        else rows.push({ ...named, state, reason, content: null, control: null, documentId: null });
      }
    }
  }
  const sent = toSend.length === 0 ? [] : await sendAcknowledgments(gateway, db, partner, settings, toSend);
  await writeAcknowledgments(db, gateway.tenant, partner, [...rows, ...sent.map(({ row }) => row)]);
  return { sent, withheld: rows.filter(({ state }) => state === 'withheld') };
}

type DocumentsByMessage = ReadonlyMap<string, readonly UndecidedDocument[]>;

async function documentsByMessage(db: Db, read: readonly FinishedReading[]): Promise<DocumentsByMessage> {
  const found = new Map<string, UndecidedDocument[]>();
  const ids = read.map(({ id }) => id);
  for (const document of await undecidedDocuments(db, ids)) found.set(document.messageId, [...(found.get(document.messageId) ?? []), document]);
  return found;
}

/** Of which interchange nothing was taken, so that its number may come again. */
async function settleTaken(db: Db, read: readonly FinishedReading[], admissions: Admissions, documents: DocumentsByMessage): Promise<void> {
  const changes: { id: string; taken: boolean }[] = [];
  for (const { id, readings } of read) {
    const refused = new Set((documents.get(id) ?? []).filter(({ state }) => state === 'refused').map(({ ordinal }) => ordinal));
    for (const { unit, groups } of readings) {
      const interchange = admissions.get(admissionKey(id, unit));
      const taken = groups.some(({ sets }) => sets.some(({ verdict, ordinal }) => verdict !== 'R' && !refused.has(ordinal)));
      if (interchange !== undefined && interchange.taken !== taken) changes.push({ id: interchange.id, taken });
    }
  }
  await markTaken(db, changes);
}

async function knownAcknowledgments(db: Db, read: readonly FinishedReading[], admissions: Admissions) {
  const interchanges = read.flatMap(({ id, readings }) => readings.flatMap(({ unit }) => admissions.get(admissionKey(id, unit)) ?? []));
  const ids = interchanges.flatMap(({ id, earlier }) => (earlier === null ? [id] : [id, earlier]));
  const rows = await acknowledgmentsOf(db, [...new Set(ids)]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return {
    byId: (id: string) => byId.get(id),
    ofInterchange: (id: string | null) => rows.filter(({ interchangeId }) => interchangeId === id),
  };
}

interface Answer {
  readonly owed: Owed;
  readonly state: AcknowledgmentRow['state'];
  readonly reason: string | null;
  readonly content: AcknowledgmentContent;
}

/** What was said of these bytes before. What is withheld there will be said there. */
const repeated = (earlier: readonly AcknowledgmentRow[]): Answer[] =>
  earlier.flatMap(({ state, content }) => (state === 'sent' && content !== null ? [{ owed: content.owed, state, reason: null, content }] : []));

function answersTo(
  reading: InterchangeReading,
  interchange: InterchangeRow,
  settings: AcknowledgmentSettings,
  acknowledging: NonNullable<FinishedReading['acknowledging']>,
  undecided: readonly UndecidedDocument[],
): Answer[] {
  const byOrdinal = new Map(undecided.map((document) => [document.ordinal, document]));
  const all = reading.groups.flatMap(({ sets }) => sets.flatMap(({ ordinal }) => byOrdinal.get(ordinal) ?? []));
  // A duplicate number with other bytes, and a person has said that it is one: that is all there is to say.
  const refusedWhole = interchange.verdict === 'conflict' && all.length > 0 && all.every(({ state }) => state === 'refused');
  if (refusedWhole && settings.interchange !== 'never') {
    const owed: Owed = { kind: 'TA1', group: undefined };
    return [{ owed, state: 'sent', reason: null, content: contentOf(reading, owed, [], { verdict: 'R', code: '025' }) }];
  }
  return acknowledging.owed(reading, settings).map((owed): Answer => {
    const ordinals = new Set(reading.groups.find(({ index }) => index === owed.group)?.sets.map(({ ordinal }) => ordinal));
    const those = owed.group === undefined ? all : all.filter(({ ordinal }) => ordinals.has(ordinal));
    const refused = those.filter(({ state }) => state === 'refused');
    const verdict = owed.group === undefined ? acknowledging.verdict(reading) : undefined;
    const content = contentOf(
      reading,
      owed,
      refused.map(({ ordinal }) => ordinal),
      verdict,
    );
    // To a sender that is not the partner nothing is said, least of all in the partner's outbox.
    if (refused.some(({ cause }) => cause === 'sender')) return { owed, content, state: 'dropped', reason: 'a person refused its sender' };
    const waiting = those.filter(({ state }) => state !== 'refused' && (owed.group !== undefined || state !== 'held'));
    if (waiting.length === 0) return { owed, content, state: 'sent', reason: null };
    const reason = `${waiting.length} of its transaction sets ${waiting.length === 1 ? 'waits' : 'wait'} for a person`;
    return { owed, content, state: 'withheld', reason };
  });
}

/** Only what is needed to write it again. */
const contentOf = (
  { groups, ...reading }: InterchangeReading,
  owed: Owed,
  refused: readonly number[],
  verdict: AcknowledgmentContent['verdict'],
): AcknowledgmentContent => ({ reading: { ...reading, groups: groups.filter(({ index }) => index === owed.group) }, owed, refused, verdict });

export function reportAcknowledged(gateway: Gateway, partner: string, { sent, withheld }: Acknowledged): void {
  const { log } = gateway.context;
  for (const { row, messageId } of sent)
    log.info({ messageId, acknowledgmentId: row.id, partner, kind: row.kind, control: row.control, group: row.groupControl }, 'acknowledged');
  for (const { id, kind, groupControl, reason } of withheld)
    log.warn({ acknowledgmentId: id, partner, kind, group: groupControl }, `acknowledgment withheld: ${reason}`);
  if (sent.length > 0) gateway.nudge('deliver');
}
