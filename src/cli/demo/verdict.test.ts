import { expect, test } from 'vitest';
import type { MessageDetail } from '../../store/message-queries.ts';
import type { Callback } from './demo-erp.ts';
import { judge, outcomeRows, type Witnesses } from './verdict.ts';

const at = new Date('2026-11-24T06:00:00Z');

function message(name: string, arrival: number, changes: { state?: string; classes?: readonly string[]; key?: string } = {}): MessageDetail {
  const attempts = (changes.classes ?? ['delivered']).map((outcome, i) => ({
    n: i + 1,
    startedAt: at,
    endedAt: at,
    class: outcome,
    status: 200,
    detail: null,
    responseBody: null,
  }));
  const delivery = {
    id: `delivery-${name}`,
    endpoint: 'erp',
    state: changes.state ?? 'succeeded',
    waiting: 0,
    idempotencyKey: changes.key ?? `key-${name}`,
    replayOf: null,
    nextAttemptAt: at,
    attempts,
  };
  const event = {
    id: `event-${name}`,
    name: `${name}.received`,
    documentNumber: name,
    orderNumbers: ['4711'],
    revision: 1,
    supersedes: null,
    deliveries: [delivery],
  };
  const document = {
    id: `document-${name}`,
    ordinal: 1,
    type: '855',
    state: 'translated',
    repeats: null,
    verdict: 'accepted',
    envelope: {},
    mapping: 'acme/855',
    mappingVersion: '1.0.0',
    problems: [],
    events: [event],
  };
  return {
    id: `message-${name}`,
    partner: 'acme',
    channel: 'drop',
    filename: name,
    arrival,
    size: 1,
    sha256: `hash-${name}`,
    status: 'delivered',
    documents: 1,
    events: 1,
    orderNumbers: ['4711'],
    receivedAt: at,
    problems: [],
    documentRows: [document],
  };
}

const callback = (name: string, sequence: number, changes: Partial<Callback> = {}): Callback => ({
  key: `key-${name}`,
  eventId: `event-${name}`,
  attempt: 1,
  orderKeys: ['acme/po/4711'],
  sequence: String(sequence).padStart(19, '0'),
  signatureFault: undefined,
  status: 200,
  answer: 'booked',
  booked: true,
  facts: [],
  ...changes,
});

const file = (name: string) => ({ partner: 'acme', name, sha256: `hash-${name}` });
const refused = { status: 422, booked: false } as const;

/** Two documents of one order; the second was refused once and taken then. */
const good: Witnesses = {
  dropped: [file('a'), file('b')],
  archived: [file('a'), file('b')],
  stored: [file('a'), file('b')],
  left: [],
  messages: [message('b', 2, { classes: ['rejected', 'delivered'] }), message('a', 1)],
  callbacks: [callback('a', 1), callback('b', 2, refused), callback('b', 2, { attempt: 2 })],
};

const faultsOf = (changes: Partial<Witnesses>) => judge({ ...good, ...changes }).flatMap(({ faults }) => faults);
const [a, b, bAgain] = good.callbacks as [Callback, Callback, Callback];
const [messageB, messageA] = good.messages as [MessageDetail, MessageDetail];

test('what was dropped, received, delivered once and kept has no fault', () => {
  expect(faultsOf({})).toEqual([]);
  expect(judge(good).map(({ said }) => said)).toEqual([
    'nothing lost: 2 files dropped, 2 documents booked by the ERP',
    'nothing doubled: 3 callbacks for 2 events under 2 keys',
    'in order: 1 purchase order, each as its documents arrived',
    'verified: the ERP found 3 of 3 signatures good on the raw bytes',
    'kept: 2 originals in the archive, byte for byte, and in the database',
  ]);
});

test('the table has a row for each event in the order of arrival, with each answer of the ERP', () => {
  expect(outcomeRows(good).map(({ file, answers, key }) => [file, answers, key])).toEqual([
    ['acme a', '200', 'key-a'],
    ['acme b', '422, then 200', 'key-b'],
  ]);
});

test.each<[string, Partial<Witnesses>, string]>([
  [
    'a file that nobody received',
    { dropped: [...good.dropped, file('c')], archived: [...good.archived, file('c')], stored: [...good.stored, file('c')] },
    'acme c was dropped and not received',
  ],
  ['a document that the ERP never booked', { callbacks: [a, b, { ...bAgain, booked: false }] }, 'acme b: the ERP has not booked b.received'],
  [
    'a delivery that is dead',
    { messages: [message('b', 2, { state: 'dead', classes: ['rejected', 'delivered'] }), messageA] },
    'acme b: the delivery to erp is dead',
  ],
  ['a message without an event', { messages: [{ ...messageB, events: 0 }, messageA] }, 'acme b was received and made no event'],
  [
    'a message that nobody dropped',
    { messages: [...good.messages, message('c', 3)], callbacks: [...good.callbacks, callback('c', 3)] },
    '2 files were dropped and 3 received',
  ],
  ['a document that was booked twice', { callbacks: [...good.callbacks, callback('a', 1)] }, 'acme a: booked 2 times'],
  ['a second key', { callbacks: [a, b, { ...bAgain, key: 'another' }] }, 'acme b: sent under 2 keys'],
  ['a key of two events', { callbacks: [a, { ...b, key: 'key-a' }, bAgain] }, 'the key key-a was used for two events'],
  [
    'a callback that is no attempt in the database',
    { callbacks: [...good.callbacks, callback('a', 1, refused)] },
    'acme a: the database has 1 attempts, the ERP got 2 callbacks',
  ],
  [
    'an event that the database does not know',
    { callbacks: [...good.callbacks, callback('z', 9)] },
    'the ERP got event event-z, which the database does not know',
  ],
  ['documents that overtook each other', { callbacks: [b, bAgain, a] }, 'acme/po/4711: booked in another order than its documents arrived'],
  ['files that were received in another order', { dropped: [file('b'), file('a')] }, 'files of acme were received in another order than dropped'],
  [
    'a signature that does not fit',
    { callbacks: [a, b, { ...bAgain, signatureFault: 'no signature fits the raw bytes' }] },
    'callback key-b: no signature fits the raw bytes',
  ],
  ['an ERP that heard nothing', { callbacks: [] }, 'the ERP got no callback'],
  ['an original that is not in the archive', { archived: [file('a')] }, 'acme b is not in the archive'],
  ['an original that changed in the database', { stored: [file('a'), { ...file('b'), sha256: 'other' }] }, 'acme b is not in the database'],
  ['a stranger in the archive', { archived: [...good.archived, file('c')] }, 'acme c is in the archive and was never dropped'],
  ['a file that was not taken', { left: ['acme c'] }, 'acme c still lies in its drop'],
])('%s is a fault', (_what, changes, fault) => {
  expect(faultsOf(changes)).toContain(fault);
});
