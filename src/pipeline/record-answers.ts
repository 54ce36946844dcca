/**
 * What a partner says of what we sent: each TA1, 997 and 999 is kept and matched by the control number that it names.
 *
 * Nothing of it is ever acknowledged. One that names something of ours becomes an event; one that does not is kept and reported.
 */
import type { AcknowledgmentKind } from '../core/acknowledgment.ts';
import { acknowledgmentId, interchangeId } from '../core/identity.ts';
import type { SourceLoop } from '../core/source-tree.ts';
import { functionalAckEvent } from '../events/functional-ack.ts';
import { insertReceivedAcknowledgments, type ReceivedAcknowledgment, sentUnder } from '../store/acknowledgments.ts';
import type { Db } from '../store/database.ts';
import { insertEvents, type NewEvent } from '../store/publish.ts';
import type { Gateway } from './gateway.ts';
import { allocatePlaces, deliveriesOf } from './order-events.ts';
import type { FinishedReading, PublishItem } from './publish.ts';

const NAME = 'functional_ack.received';

interface Answered {
  readonly row: Omit<ReceivedAcknowledgment, 'matched'>;
  /** The document that it came as; a TA1 is none. */
  readonly document: { readonly id: string; readonly item: PublishItem } | undefined;
}

export async function recordAnswers(
  gateway: Gateway,
  db: Db,
  partner: string,
  documents: readonly { readonly row: { readonly id: string; readonly state: string }; readonly item: PublishItem }[],
  finished: readonly FinishedReading[],
): Promise<void> {
  const { tenant } = gateway;
  const answered = [
    ...documents.filter(({ row }) => row.state === 'recorded').flatMap(({ row, item }) => answerOf(row.id, item)),
    ...finished.flatMap((message) => interchangeAnswers(tenant, partner, message)),
  ];
  if (answered.length === 0) return;
  const numbers = answered.map(({ row }) => ({
    isa: row.kind === 'TA1',
    control: row.kind === 'TA1' ? row.acknowledged.padStart(9, '0') : row.acknowledged,
  }));
  const matches = await sentUnder(db, tenant, partner, numbers);
  const rows = answered.map(({ row }, i): ReceivedAcknowledgment => ({ ...row, matched: matches[i] ?? null }));
  await insertReceivedAcknowledgments(db, tenant, partner, rows);
  for (const { kind, acknowledged, verdict, code, messageId, matched } of rows) {
    const fields = { messageId, partner, kind, acknowledged, verdict, code };
    if (matched === null) gateway.context.log.warn(fields, 'the partner acknowledges what we did not send: kept, unmatched');
    else if (verdict !== 'A') gateway.context.log.warn({ ...fields, documentId: matched }, 'the partner did not simply accept what we sent');
  }
  await tell(gateway, db, partner, answered, matches);
}

async function tell(gateway: Gateway, db: Db, partner: string, answered: readonly Answered[], matches: readonly (string | null)[]): Promise<void> {
  const { tenant } = gateway;
  const orderKey = `${partner}/acknowledgments`;
  const told = answered.flatMap(({ row, document }, i) => {
    const matched = matches[i] ?? null;
    return document === undefined || matched === null ? [] : [{ row, document, matched }];
  });
  if (told.length === 0) return;
  const take = await allocatePlaces(
    db,
    tenant,
    told.map(() => [orderKey]),
  );
  const events = told.map(({ row, document: { id, item }, matched }): NewEvent => {
    const places = take([orderKey]);
    const { envelope } = item.translation.document;
    const event = functionalAckEvent({
      id: row.id,
      name: NAME,
      typePrefix: gateway.eventPrefix,
      schemaBase: gateway.publicUrl,
      tenant,
      partner,
      channel: item.around.channel,
      time: item.around.time,
      orderKey,
      sequence: places.get(orderKey) ?? 0,
      correlationId: item.around.messageId,
      data: {
        document: { id: envelope.interchangeControl, test: envelope.test },
        kind: row.kind,
        verdict: row.verdict,
        acknowledges: { groupControl: row.acknowledged, functionalId: row.functionalId ?? '', documentId: matched },
      },
    });
    const { test } = envelope;
    return {
      id: row.id,
      documentId: id,
      name: NAME,
      documentNumber: envelope.interchangeControl,
      orderNumbers: [],
      test,
      body: JSON.stringify(event),
      lineage: [],
      places,
      deliveries: deliveriesOf(gateway, row.id, { name: NAME, partner, test }),
    };
  });
  await insertEvents(db, tenant, partner, events);
}

/** AK1 and AK9 of a 997 or 999. */
function answerOf(documentId: string, item: PublishItem): Answered[] {
  const { document, unit: _ } = item.translation;
  const ak1 = segmentOf(document.tree, 'AK1');
  const ak9 = segmentOf(document.tree, 'AK9');
  const interchange = interchangeId({ tenant: item.around.tenant, partner: item.around.partner, receiptKey: item.receiptKey, unit: document.unit });
  return [
    {
      row: {
        id: acknowledgmentId(interchange, document.unitOrdinal),
        messageId: item.around.messageId,
        kind: document.type as AcknowledgmentKind,
        acknowledged: numeral(ak1?.value(2) ?? ''),
        functionalId: ak1?.value(1).trim() ?? null,
        verdict: ak9?.value(1).trim() ?? '',
        code: ak9?.value(5).trim() ?? '',
      },
      document: { id: documentId, item },
    },
  ];
}

function interchangeAnswers(tenant: string, partner: string, { id: messageId, receiptKey, readings }: FinishedReading): Answered[] {
  return readings.flatMap(({ unit, answers }) =>
    answers.map(({ control, verdict, code }, i): Answered => {
      const interchange = interchangeId({ tenant, partner, receiptKey, unit });
      // Sets count from 1: what stands before them counts down from 0.
      const id = acknowledgmentId(interchange, -i - 1);
      return { row: { id, messageId, kind: 'TA1', acknowledged: control, functionalId: null, verdict, code }, document: undefined };
    }),
  );
}

function segmentOf(loop: SourceLoop, id: string): SourceLoop['segments'][number] | undefined {
  const own = loop.segments.find((segment) => segment.id === id);
  if (own !== undefined) return own;
  for (const inner of loop.loops) {
    const found = segmentOf(inner, id);
    if (found !== undefined) return found;
  }
  return undefined;
}

const numeral = (text: string): string => text.trim().replace(/^0+(?=\d)/, '');
