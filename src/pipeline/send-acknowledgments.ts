/** Numbers acknowledgments, writes their bytes, archives them, and schedules each for the partner's outbox and for whoever wants the event. */
import { randomUUID } from 'node:crypto';
import type { Acknowledging, InterchangeReading } from '../core/acknowledgment.ts';
import type { SourceEnvelope } from '../core/contracts.ts';
import { idempotencyKey, sha256Hex } from '../core/identity.ts';
import { type FunctionalAck, functionalAckEvent } from '../events/functional-ack.ts';
import type { AcknowledgmentSettings } from '../partners/acknowledgment-settings.ts';
import { type AcknowledgmentContent, type AcknowledgmentRow, allocateControlNumbers } from '../store/acknowledgments.ts';
import type { Db } from '../store/database.ts';
import { registerEndpoints } from '../store/endpoints.ts';
import type { InterchangeRow } from '../store/interchanges.ts';
import { insertOutgoing } from '../store/messages.ts';
import { insertDocuments, insertEvents, type NewDocument, type NewEvent } from '../store/publish.ts';
import type { Gateway } from './gateway.ts';
import { allocatePlaces, deliveriesOf } from './order-events.ts';
import { outboxName } from './outbox.ts';

/** The channel under which what we send is archived. */
const ACKNOWLEDGMENT_CHANNEL = 'acknowledgments';
const REJECTED_SHOWN = 100;
const NAME = 'functional_ack.sent';

export interface ToSend {
  /** That brought what is acknowledged. */
  readonly messageId: string;
  readonly interchange: InterchangeRow;
  readonly acknowledging: Acknowledging;
  readonly row: Pick<AcknowledgmentRow, 'id' | 'interchangeId' | 'kind' | 'groupControl' | 'functionalId'>;
  readonly content: AcknowledgmentContent;
}

export interface SentAcknowledgment {
  readonly row: AcknowledgmentRow;
  readonly messageId: string;
}

export async function sendAcknowledgments(
  gateway: Gateway,
  db: Db,
  partner: string,
  settings: AcknowledgmentSettings,
  toSend: readonly ToSend[],
): Promise<SentAcknowledgment[]> {
  const { tenant } = gateway;
  const outbox = outboxName(partner);
  const orderKey = `${partner}/acknowledgments`;
  const controls = await allocateControlNumbers(db, tenant, partner, toSend.length);
  await registerEndpoints(db, tenant, [outbox]);
  const written = toSend.map((one, i) => write(gateway, settings, one, controls[i] ?? 0));
  const channel = { name: ACKNOWLEDGMENT_CHANNEL, type: settings.outbox.type };
  await insertOutgoing(
    db,
    tenant,
    partner,
    channel,
    written.map(({ message }) => message),
  );
  await insertDocuments(
    db,
    tenant,
    partner,
    written.map(({ document }) => document),
  );
  const take = await allocatePlaces(
    db,
    tenant,
    written.map(() => [orderKey]),
  );
  const events = written.map(({ row, source, document, data }): NewEvent => {
    const places = take([orderKey]);
    const event = functionalAckEvent({
      id: row.id,
      name: NAME,
      typePrefix: gateway.eventPrefix,
      schemaBase: gateway.publicUrl,
      tenant,
      partner,
      channel: ACKNOWLEDGMENT_CHANNEL,
      time: gateway.context.now(),
      orderKey,
      sequence: places.get(orderKey) ?? 0,
      correlationId: source,
      data,
    });
    const test = data.document.test;
    return {
      id: row.id,
      documentId: document.id,
      name: NAME,
      documentNumber: data.document.id,
      orderNumbers: [],
      test,
      body: JSON.stringify(event),
      lineage: [],
      places,
      deliveries: [
        { id: randomUUID(), endpoint: outbox, idempotencyKey: idempotencyKey(outbox, row.id), supersedes: false },
        ...deliveriesOf(gateway, row.id, { name: NAME, partner, test }),
      ],
    };
  });
  await insertEvents(db, tenant, partner, events);
  return written.map(({ row, source }) => ({ row, messageId: source }));
}

function write(gateway: Gateway, settings: AcknowledgmentSettings, { row, messageId, acknowledging, content }: ToSend, control: number) {
  const { reading, owed, refused, verdict } = content;
  const [date = '', time = ''] = gateway.context.now().toISOString().replace(/[-:]/g, '').split('T');
  const sending = { control, date, time: time.slice(0, 4), delimiters: settings.delimiters, refused: new Set(refused), verdict };
  const bytes = acknowledging.write(reading, owed, sending);
  const isa13 = String(control).padStart(9, '0');
  const id = randomUUID();
  const message = {
    id,
    key: `acknowledgment/${row.id}`,
    filename: `${owed.kind}-${isa13}-${row.id.slice(0, 8)}.edi`,
    bytes,
    sha256: sha256Hex(bytes),
  };
  const document: NewDocument = {
    id: randomUUID(),
    messageId: id,
    ordinal: 1,
    type: owed.kind,
    state: 'sent',
    verdict: 'accepted',
    envelope: envelopeOf(reading, owed.group === undefined ? '' : String(control), isa13),
    offset: 0,
    segments: 0,
    problems: [],
    fingerprint: undefined,
    mapping: undefined,
  };
  const sent: AcknowledgmentRow = { ...row, state: 'sent', reason: null, content, control, documentId: document.id };
  return { row: sent, source: messageId, message, document, data: dataOf(content, isa13) };
}

/** Parties as they stand in ours. */
const envelopeOf = ({ sender, receiver, groups, usage }: InterchangeReading, groupControl: string, interchangeControl: string): SourceEnvelope => ({
  sender: receiver,
  receiver: sender,
  interchangeControl,
  groupControl,
  transactionControl: groupControl === '' ? '' : '0001',
  version: groups[0]?.version ?? '',
  test: usage === 'T',
});

function dataOf({ reading, owed, refused, verdict }: AcknowledgmentContent, id: string): FunctionalAck {
  const [group] = reading.groups;
  const document = { id, test: reading.usage === 'T' };
  if (group === undefined) {
    const { verdict: said = 'A', code = '000' } = verdict ?? {};
    return { document, kind: owed.kind, verdict: said, code, acknowledges: { interchangeControl: reading.control } };
  }
  const { control, functionalId, version, sets, codes } = group;
  const rejected = sets.filter((set) => set.verdict === 'R' || refused.includes(set.ordinal));
  const accepted = sets.length - rejected.length;
  const noted = codes.length > 0 || sets.some((set) => set.verdict === 'E');
  return {
    document,
    kind: owed.kind,
    verdict: accepted === 0 ? 'R' : rejected.length > 0 ? 'P' : noted ? 'E' : 'A',
    acknowledges: { interchangeControl: reading.control, groupControl: control, functionalId, version },
    sets: { received: sets.length, accepted, rejected: rejected.slice(0, REJECTED_SHOWN).map((set) => ({ id: set.id, control: set.control })) },
  };
}
