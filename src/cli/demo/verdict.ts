/**
 * The outcome, computed from what three parties say apart from each other: the suppliers (what was dropped, and what lies in the archive),
 * the gateway's database, and the ERP's own record of the callbacks. Nothing of it is taken from the script.
 */
import type { MessageDetail } from '../../store/message-queries.ts';
import type { Callback } from './demo-erp.ts';

export interface DroppedFile {
  readonly partner: string;
  readonly name: string;
  readonly sha256: string;
}

export interface Witnesses {
  /** In the order in which they were dropped. */
  readonly dropped: readonly DroppedFile[];
  readonly archived: readonly DroppedFile[];
  /** Hashed from the raw bytes in the database. */
  readonly stored: readonly DroppedFile[];
  /** Names of files that still lie in the drops. */
  readonly left: readonly string[];
  readonly messages: readonly MessageDetail[];
  readonly callbacks: readonly Callback[];
}

export interface Claim {
  readonly said: string;
  readonly faults: readonly string[];
}

export interface OutcomeRow {
  readonly file: string;
  readonly orders: string;
  readonly event: string;
  /** What the ERP answered, callback by callback. */
  readonly answers: string;
  readonly key: string;
}

/** One event of the database with what the ERP says of it. */
interface Tracked {
  readonly file: string;
  readonly partner: string;
  readonly arrival: number;
  readonly event: MessageDetail['documentRows'][number]['events'][number];
  readonly callbacks: readonly Callback[];
}

export function outcomeRows(witnesses: Witnesses): OutcomeRow[] {
  return track(witnesses).map(({ file, event, callbacks }) => ({
    file,
    orders: event.orderNumbers.join(' '),
    event: event.name,
    answers: callbacks.map((callback) => callback.status).join(', then ') || 'nothing came',
    key: event.deliveries[0]?.idempotencyKey ?? 'none',
  }));
}

export function judge(witnesses: Witnesses): Claim[] {
  const { dropped, callbacks } = witnesses;
  const tracked = track(witnesses);
  const booked = callbacks.filter((callback) => callback.booked).length;
  const good = callbacks.filter((callback) => callback.signatureFault === undefined).length;
  const keys = new Set(callbacks.map((callback) => callback.key)).size;
  const orders = new Set(callbacks.flatMap((callback) => callback.orderKeys)).size;
  return [
    { said: `nothing lost: ${dropped.length} files dropped, ${booked} documents booked by the ERP`, faults: lost(witnesses, tracked) },
    { said: `nothing doubled: ${callbacks.length} callbacks for ${tracked.length} events under ${keys} keys`, faults: doubled(witnesses, tracked) },
    {
      said: `in order: ${orders} purchase ${orders === 1 ? 'order' : 'orders'}, each as its documents arrived`,
      faults: disordered(witnesses, tracked),
    },
    { said: `verified: the ERP found ${good} of ${callbacks.length} signatures good on the raw bytes`, faults: unverified(callbacks) },
    { said: `kept: ${witnesses.archived.length} originals in the archive, byte for byte, and in the database`, faults: notKept(witnesses) },
  ];
}

function track({ messages, callbacks }: Witnesses): Tracked[] {
  return messages
    .flatMap((message) =>
      message.documentRows.flatMap((document) =>
        document.events.map((event) => ({
          file: `${message.partner} ${message.filename}`,
          partner: message.partner,
          arrival: message.arrival,
          event,
          callbacks: callbacks.filter((callback) => callback.eventId === event.id),
        })),
      ),
    )
    .sort((a, b) => (a.partner < b.partner ? -1 : a.partner > b.partner ? 1 : a.arrival - b.arrival));
}

function lost({ dropped, messages }: Witnesses, tracked: readonly Tracked[]): string[] {
  const faults: string[] = [];
  for (const { partner, name, sha256 } of dropped) {
    const message = messages.find((candidate) => candidate.partner === partner && candidate.sha256 === sha256);
    if (message === undefined) faults.push(`${partner} ${name} was dropped and not received`);
    else if (message.events === 0) faults.push(`${partner} ${name} was received and made no event`);
  }
  for (const { file, event, callbacks } of tracked) {
    if (event.deliveries.length === 0) faults.push(`${file}: no endpoint gets ${event.name}`);
    for (const { state, endpoint } of event.deliveries) if (state !== 'succeeded') faults.push(`${file}: the delivery to ${endpoint} is ${state}`);
    if (!callbacks.some((callback) => callback.booked)) faults.push(`${file}: the ERP has not booked ${event.name}`);
  }
  return faults;
}

function doubled({ dropped, messages, callbacks }: Witnesses, tracked: readonly Tracked[]): string[] {
  const faults: string[] = [];
  if (messages.length > dropped.length) faults.push(`${dropped.length} files were dropped and ${messages.length} received`);
  for (const { file, event, callbacks: its } of tracked) {
    const bookings = its.filter((callback) => callback.booked).length;
    if (bookings > 1) faults.push(`${file}: booked ${bookings} times`);
    const keys = new Set([...its.map((callback) => callback.key), ...event.deliveries.map((delivery) => delivery.idempotencyKey)]);
    if (keys.size > 1) faults.push(`${file}: sent under ${keys.size} keys`);
    const attempts = event.deliveries.reduce((sum, delivery) => sum + delivery.attempts.length, 0);
    if (attempts !== its.length) faults.push(`${file}: the database has ${attempts} attempts, the ERP got ${its.length} callbacks`);
  }
  const known = new Set(tracked.map(({ event }) => event.id));
  for (const { eventId } of callbacks) if (!known.has(eventId)) faults.push(`the ERP got event ${eventId}, which the database does not know`);
  const perKey = new Map(callbacks.map((callback) => [callback.key, callback.eventId]));
  for (const { key, eventId } of callbacks) if (perKey.get(key) !== eventId) faults.push(`the key ${key} was used for two events`);
  return faults;
}

/** As dropped, so received; as received, so booked, within each order. */
function disordered({ dropped, messages, callbacks }: Witnesses, tracked: readonly Tracked[]): string[] {
  const faults: string[] = [];
  const byArrival = [...messages].sort((a, b) => a.arrival - b.arrival);
  for (const partner of new Set(dropped.map((file) => file.partner))) {
    const sent = dropped.filter((file) => file.partner === partner).map((file) => file.sha256);
    const received = byArrival.filter((message) => message.partner === partner).map((message) => message.sha256);
    if (received.join() !== sent.filter((sha256) => received.includes(sha256)).join())
      faults.push(`files of ${partner} were received in another order than dropped`);
  }
  const booked = callbacks.filter((callback) => callback.booked);
  for (const orderKey of new Set(booked.flatMap((callback) => callback.orderKeys))) {
    const bookings = booked.filter((callback) => callback.orderKeys.includes(orderKey));
    const arrived = tracked.filter(({ event }) => bookings.some((callback) => callback.eventId === event.id)).map(({ event }) => event.id);
    const inOrder = bookings.map((callback) => callback.eventId).join() === arrived.join();
    const ascending = bookings.every(
      (callback, i) => i === 0 || callback.orderKeys.length > 1 || (bookings[i - 1]?.sequence ?? '') < callback.sequence,
    );
    if (!inOrder || !ascending) faults.push(`${orderKey}: booked in another order than its documents arrived`);
  }
  return faults;
}

function unverified(callbacks: readonly Callback[]): string[] {
  const faults = callbacks.flatMap(({ key, signatureFault }) => (signatureFault === undefined ? [] : [`callback ${key}: ${signatureFault}`]));
  return callbacks.length === 0 ? ['the ERP got no callback'] : faults;
}

function notKept({ dropped, archived, stored, left }: Witnesses): string[] {
  const has = (files: readonly DroppedFile[], { partner, sha256 }: DroppedFile) =>
    files.some((file) => file.partner === partner && file.sha256 === sha256);
  return [
    ...dropped.filter((file) => !has(archived, file)).map(({ partner, name }) => `${partner} ${name} is not in the archive`),
    ...dropped.filter((file) => !has(stored, file)).map(({ partner, name }) => `${partner} ${name} is not in the database`),
    ...archived.filter((file) => !has(dropped, file)).map(({ partner, name }) => `${partner} ${name} is in the archive and was never dropped`),
    ...left.map((file) => `${file} still lies in its drop`),
  ];
}
