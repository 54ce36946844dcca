/**
 * T1: the bytes are stored and committed, then the source is acknowledged. Never the other way round.
 *
 * A crash before the commit leaves the source untouched: it hands over the same receipt key again. A crash after it leaves
 * a stored message and a source that was not told: the same receipt key comes again, is recognised, and only acknowledged.
 * Without room for it nothing is read: the source keeps it, and hands it over when there is.
 */
import type { Receipt } from '../core/contracts.ts';
import { traceparentOf } from '../core/identity.ts';
import { type StoredBytes, storeRaw } from '../store/raw.ts';
import type { Gateway } from './gateway.ts';

export interface Door {
  readonly partner: string;
  /** The channel's name in the partner file. */
  readonly channel: string;
  readonly channelType: string;
}

export interface Received {
  readonly messageId: string;
  /** This hand-over had been received before. */
  readonly duplicate: boolean;
}

interface StoredMessage {
  readonly id: string;
  readonly duplicate: boolean;
  readonly raw: StoredBytes;
}

export async function receive(gateway: Gateway, door: Door, receipt: Receipt): Promise<Received> {
  const { context, room } = gateway;
  const { meter, tracer } = context.telemetry;
  const begunAt = performance.now();
  const known = await gateway.known(receipt.key);
  if (known !== undefined) {
    context.log.info({ messageId: known, partner: door.partner, filename: receipt.filename }, 'received before, acknowledged again');
    meter.countReceived(door.partner, door.channel, true);
    await receipt.accept();
    return { messageId: known, duplicate: true };
  }
  await room.require();
  const { id, duplicate, raw } = await store(gateway, door, receipt).catch((thrown: unknown) => {
    throw room.refused(thrown);
  });
  room.taken();
  context.failpoint('receive.committed');
  context.log.info(
    { messageId: id, partner: door.partner, channel: door.channel, filename: receipt.filename, size: raw.size, sha256: raw.sha256 },
    'received',
  );
  gateway.nudge('translate');
  await receipt.accept();
  const agoMs = performance.now() - begunAt;
  meter.observeStage('receive', agoMs / 1000);
  meter.countReceived(door.partner, door.channel, duplicate);
  // The first span of the trace is the message's own: whoever works on it later points at it without having seen it.
  if (!duplicate)
    tracer
      .start('receive', { self: traceparentOf(id), agoMs, fields: { message: id, partner: door.partner, channel: door.channel, size: raw.size } })
      .end();
  return { messageId: id, duplicate };
}

async function store(gateway: Gateway, door: Door, { key, filename, read }: Receipt): Promise<StoredMessage> {
  const { context, database, tenant } = gateway;
  const raw = await storeRaw(database, tenant, read());
  context.failpoint('receive.read');
  const { id, duplicate } = await gateway.insert({ ...door, tenant, receiptKey: key, filename, raw });
  return { id, duplicate, raw };
}
