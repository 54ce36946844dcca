/**
 * What a channel once took and still keeps, taken once more: after a restore to an earlier time, everything that came since is in the
 * channel's archive and nowhere else.
 *
 * Each file comes under its first receipt key, so that it may be done twice, or die in the middle and be begun anew. The drop's lease is held
 * until the end: no poller takes something newer meanwhile, and arrival goes on where it was lost.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asGatewayError, GatewayError } from '../core/errors/errors.ts';
import { leaseDrop, releaseDrop } from '../store/lanes.ts';
import type { Gateway } from './gateway.ts';
import { type Received, receive } from './receive.ts';

/** As a poller's: after a kill the drop waits no longer than for one. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
const LOOK_EVERY_MS = 500;

export interface ArchiveReader {
  received(filename: string, received: Received): void;
  /** A file that was left, and why. */
  left(filename: string, reason: string): void;
}

/** Throws ERR_CHANNEL_HELD while a poller has the drop; ERR_STORE_FULL, ERR_SFTP_* and others at the file at which it broke off. */
export async function receiveArchive(
  gateway: Gateway,
  partner: string,
  channelName: string,
  since: Date | undefined,
  reader: ArchiveReader,
): Promise<void> {
  const { database, tenant, context } = gateway;
  const named = gateway.catalog().partners.get(partner)?.channels[channelName];
  const channel = named && gateway.channels.get(named.type);
  if (named === undefined || channel?.reread === undefined)
    throw new GatewayError('ERR_FILE_REFERENCE', `partner "${partner}" has no channel "${channelName}" that keeps an archive`);
  const options = named.options as never;
  const drop = channel.dropOf(options);
  const token = randomUUID();
  await waitForDrop(gateway, drop, token);
  const renewing = setInterval(() => void leaseDrop(database, tenant, drop, token, LEASE_MS).catch(() => {}), RENEW_MS);
  const door = { partner, channel: channelName, channelType: channel.name };
  const report = { skipped: (filename: string, reason: string) => reader.left(filename, reason) };
  try {
    for await (const receipt of channel.reread(options, context, since, report, new AbortController().signal)) {
      if (!(await leaseDrop(database, tenant, drop, token, LEASE_MS))) throw held(drop);
      try {
        reader.received(receipt.filename, await receive(gateway, door, receipt));
      } catch (thrown) {
        const fault = asGatewayError(thrown);
        // One file that cannot be read does not keep those behind it; a store or a server that is away keeps them all.
        if (fault.code !== 'ERR_SFTP_SOURCE_CHANGED' && fault.code !== 'ERR_SFTP_PERMISSION') throw thrown;
        reader.left(receipt.filename, fault.line());
      }
    }
  } finally {
    clearInterval(renewing);
    await releaseDrop(database, tenant, drop, token).catch(() => {});
  }
}

/** A gateway that was killed leaves its lease behind: that passes. */
async function waitForDrop({ database, tenant }: Gateway, drop: string, token: string): Promise<void> {
  const deadline = performance.now() + LEASE_MS + RENEW_MS;
  while (!(await leaseDrop(database, tenant, drop, token, LEASE_MS))) {
    if (performance.now() > deadline) throw held(drop);
    await sleep(LOOK_EVERY_MS);
  }
}

const held = (drop: string): GatewayError =>
  new GatewayError('ERR_CHANNEL_HELD', `${drop}: expected to be the only reader, found another`, {
    hint: 'stop the gateways with the channels role first',
  });
