/**
 * The channels role: one leased poller for each drop, whatever the number of gateways.
 *
 * The lease is on the drop, not on the partner's channel: a VAN's shared directory is read by one poller too.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from '../core/contracts.ts';
import { asGatewayError } from '../core/errors/errors.ts';
import { receive } from '../pipeline/receive.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { leaseDrop, releaseDrop } from '../store/lanes.ts';

/** Longer than any pause between two receipts of one poll; renewed at each. */
const LEASE_MS = 120_000;

interface Drop {
  readonly partner: string;
  readonly channelName: string;
  readonly channel: Channel;
  readonly options: never;
}

export interface Pollers {
  close(): Promise<void>;
}

export function startChannelsRole(gateway: Gateway): Pollers {
  const closing = new AbortController();
  const pollers = new Map<string, Promise<void>>();

  /** Follows the partner files: a new drop gets a poller, one that is gone ends its poller. */
  const follow = async () => {
    while (!closing.signal.aborted) {
      for (const [id] of drops(gateway)) {
        if (pollers.has(id)) continue;
        pollers.set(id, pollDrop(gateway, id, closing.signal).finally(() => pollers.delete(id)));
      }
      await sleep(1000, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const following = follow();
  return {
    async close() {
      closing.abort();
      await following;
      await Promise.all(pollers.values());
    },
  };
}

function drops(gateway: Gateway): Map<string, Drop> {
  const found = new Map<string, Drop>();
  for (const partner of gateway.catalog().partners.values()) {
    for (const [channelName, { type, options }] of Object.entries(partner.channels)) {
      const channel = gateway.channels.get(type);
      if (channel !== undefined) found.set(`${partner.name}/${channelName}`, { partner: partner.name, channelName, channel, options: options as never });
    }
  }
  return found;
}

async function pollDrop(gateway: Gateway, id: string, signal: AbortSignal): Promise<void> {
  const { database, tenant, context } = gateway;
  const token = randomUUID();
  const memory = new Map<string, unknown>();
  let drop = drops(gateway).get(id);
  let lastFault: string | undefined;
  while (!signal.aborted && drop !== undefined) {
    const name = drop.channel.dropOf(drop.options);
    const log = context.log.child({ partner: drop.partner, channel: drop.channelName });
    try {
      if (await leaseDrop(database, tenant, name, token, LEASE_MS)) {
        await pollOnce(gateway, drop, name, token, memory, signal);
        if (lastFault !== undefined) log.info({}, 'channel is well again');
        lastFault = undefined;
      }
    } catch (error) {
      const fault = asGatewayError(error);
      // A dead channel says so once, not at every poll.
      if (!signal.aborted && fault.line() !== lastFault) log.error({ code: fault.code, hint: fault.hint, err: fault.message }, 'channel fault, polled again');
      lastFault = fault.line();
    }
    await sleep(drop.channel.pollIntervalMs(drop.options), undefined, { signal }).catch(() => {});
    drop = drops(gateway).get(id);
  }
  if (drop !== undefined) await releaseDrop(database, tenant, drop.channel.dropOf(drop.options), token).catch(() => {});
}

async function pollOnce(gateway: Gateway, drop: Drop, lease: string, token: string, memory: Map<string, unknown>, signal: AbortSignal): Promise<void> {
  const { database, tenant, context } = gateway;
  const report = {
    skipped: (filename: string, reason: string) =>
      context.log.debug({ partner: drop.partner, channel: drop.channelName, filename, reason }, 'left for the next poll'),
  };
  const door = { partner: drop.partner, channel: drop.channelName, channelType: drop.channel.name };
  for await (const receipt of drop.channel.poll(drop.options, context, memory, report, signal)) {
    // Another poller may have taken over while this one was slow: two would mix up the order of arrival.
    if (!(await leaseDrop(database, tenant, lease, token, LEASE_MS))) return;
    await receive(gateway, door, receipt);
  }
}
