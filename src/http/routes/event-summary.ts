/** What is said of an event wherever one stands in a list. */
import { Type } from '@sinclair/typebox';
import type { EventRow } from '../../store/event-queries.ts';
import { Count, closedObject, Id, Time } from '../shapes.ts';

export const EventSummary = closedObject(
  {
    id: Id,
    partner: Type.String(),
    name: Type.String({ description: 'invoice.received' }),
    documentNumber: Type.String(),
    orderNumbers: Type.Array(Type.String()),
    test: Type.Boolean(),
    messageId: Id,
    documentId: Id,
    routedTo: Type.Integer({ ...Count, description: 'how many endpoints wanted it; 0: unrouted' }),
    createdAt: Time,
  },
  { title: 'EventSummary' },
);

export const summaryOf = ({ id, partner, name, documentNumber, orderNumbers, test, messageId, documentId, routedTo, createdAt }: EventRow) => ({
  id,
  partner,
  name,
  documentNumber,
  orderNumbers,
  test,
  messageId,
  documentId,
  routedTo,
  createdAt,
});
