/**
 * The event that tells of an acknowledgment: one that we sent, or one by a partner of something that we sent.
 *
 * The bytes themselves are those of its message; what an endpoint that reads events needs of them is here.
 */
import { type Static, Type } from '@sinclair/typebox';
import type { CloudEvent } from './cloud-event.ts';

const closed = { additionalProperties: false };
const VERSION = '1.0.0';

export const FUNCTIONAL_ACK_EVENTS = ['functional_ack.sent', 'functional_ack.received'] as const;
export type FunctionalAckEvent = (typeof FUNCTIONAL_ACK_EVENTS)[number];

const Data = Type.Object(
  {
    document: Type.Object(
      { id: Type.String({ description: 'the control number of its interchange (ISA13)' }), test: Type.Boolean({ description: 'ISA15 = T' }) },
      closed,
    ),
    kind: Type.String({ description: 'TA1, 997 or 999' }),
    verdict: Type.String({ description: 'TA104 or AK901: A, E, P or R' }),
    code: Type.Optional(Type.String({ description: 'TA105; 000 when there is nothing to say' })),
    acknowledges: Type.Object(
      {
        interchangeControl: Type.Optional(Type.String({ description: 'ISA13 of what is acknowledged' })),
        groupControl: Type.Optional(Type.String({ description: 'GS06 of what is acknowledged' })),
        functionalId: Type.Optional(Type.String({ description: 'GS01 of what is acknowledged' })),
        version: Type.Optional(Type.String({ description: 'GS08 of what is acknowledged' })),
        documentId: Type.Optional(Type.String({ description: 'of ours, where a partner acknowledges' })),
      },
      closed,
    ),
    sets: Type.Optional(
      Type.Object(
        {
          received: Type.Integer({ minimum: 0 }),
          accepted: Type.Integer({ minimum: 0 }),
          rejected: Type.Array(Type.Object({ id: Type.String(), control: Type.String() }, closed), { description: 'the first hundred' }),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const functionalAck = Type.Object(Data.properties, {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: `/schemas/functional_ack/${VERSION}`,
  title: 'functional_ack',
  ...closed,
});

export type FunctionalAck = Static<typeof functionalAck>;

export interface FunctionalAckInput {
  readonly id: string;
  readonly name: FunctionalAckEvent;
  readonly typePrefix: string;
  readonly schemaBase: string;
  readonly tenant: string;
  readonly partner: string;
  readonly channel: string;
  readonly time: Date;
  readonly orderKey: string;
  readonly sequence: number;
  readonly correlationId: string;
  readonly data: FunctionalAck;
}

export function functionalAckEvent(input: FunctionalAckInput): CloudEvent {
  const step = encodeURIComponent;
  return {
    specversion: '1.0',
    id: input.id,
    type: `${input.typePrefix}.procurement.${input.name}.v1`,
    source: `/tenants/${step(input.tenant)}/partners/${step(input.partner)}/channels/${step(input.channel)}`,
    subject: input.data.document.id,
    time: input.time.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `${input.schemaBase}${functionalAck.$id}`,
    partitionkey: input.orderKey,
    sequence: String(input.sequence).padStart(19, '0'),
    correlationid: input.correlationId,
    data: { ...input.data },
  };
}
