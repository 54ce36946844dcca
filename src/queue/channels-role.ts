/**
 * The channels role: one leased poller for each drop, whatever the number of gateways.
 *
 * The lease is on the drop, not on the partner's channel: a VAN's shared directory is read by one poller too.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/context.ts';
import type { Channel, ChannelReport } from '../core/contracts.ts';
import { asGatewayError } from '../core/errors/errors.ts';
import type { Gateway } from '../pipeline/gateway.ts';
import { receive } from '../pipeline/receive.ts';
import { leaseDrop, releaseDrop } from '../store/lanes.ts';

/** Short, because after a kill the drop waits for it; renewed while a poll goes on, so that a slow download does not lose the drop. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** A fault that repeating does not mend (a refused key) is repeated ever less often: servers ban those who insist. */
const LONGEST_PAUSE_MS = 300_000;
/** A file that is left for longer than this is more than an upload that takes its time. */
const LEFT_TOO_LONG_MS = 300_000;
const MOST_WATCHED = 10_000;

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
        pollers.set(
          id,
          pollDrop(gateway, id, closing.signal).finally(() => pollers.delete(id)),
        );
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
      if (channel !== undefined)
        found.set(`${partner.name}/${channelName}`, { partner: partner.name, channelName, channel, options: options as never });
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
  let faults = 0;
  const report = watchSkipped(context.log.child({ drop: id }));
  while (!signal.aborted && drop !== undefined) {
    const name = drop.channel.dropOf(drop.options);
    const log = context.log.child({ partner: drop.partner, channel: drop.channelName });
    try {
      // Without room nothing is even listed: the source keeps what it has, and one line of the log says so for all drops.
      if ((await gateway.room.shortage()) === undefined && (await leaseDrop(database, tenant, name, token, LEASE_MS))) {
        await pollOnce(gateway, drop, name, token, memory, report, signal);
        context.telemetry.meter.countPoll(drop.partner, drop.channelName, 'success');
        if (lastFault !== undefined) log.info({}, 'channel is well again');
        lastFault = undefined;
        faults = 0;
      }
    } catch (error) {
      const fault = asGatewayError(error);
      // Not the channel's, and said already.
      const full = fault.code === 'ERR_STORE_FULL';
      if (!signal.aborted && !full) context.telemetry.meter.countPoll(drop.partner, drop.channelName, 'fault');
      // A dead channel says so once, not at every poll.
      if (!signal.aborted && !full && fault.line() !== lastFault)
        log.error({ code: fault.code, hint: fault.hint, err: fault.message }, 'channel fault, polled again');
      if (!full) lastFault = fault.line();
      faults = fault.retry === 'never' ? faults + 1 : 0;
    }
    const pauseMs = drop.channel.pollIntervalMs(drop.options);
    const backedOff = Math.min(pauseMs * 2 ** faults, Math.max(pauseMs, LONGEST_PAUSE_MS));
    await sleep(backedOff, undefined, { signal }).catch(() => {});
    drop = drops(gateway).get(id);
  }
  if (drop !== undefined) await releaseDrop(database, tenant, drop.channel.dropOf(drop.options), token).catch(() => {});
}

async function pollOnce(
  gateway: Gateway,
  drop: Drop,
  lease: string,
  token: string,
  memory: Map<string, unknown>,
  report: ChannelReport,
  signal: AbortSignal,
): Promise<void> {
  const { database, tenant, context } = gateway;
  const door = { partner: drop.partner, channel: drop.channelName, channelType: drop.channel.name };
  const renewing = setInterval(() => void leaseDrop(database, tenant, lease, token, LEASE_MS).catch(() => {}), RENEW_MS);
  try {
    for await (const receipt of drop.channel.poll(drop.options, context, memory, report, signal)) {
      // Another poller may have taken over while this one slept: two would mix up the order of arrival.
      if (!(await leaseDrop(database, tenant, lease, token, LEASE_MS))) return;
      try {
        await receive(gateway, door, receipt);
      } catch (error) {
        // One file that changed while it was read does not hold up those behind it; a store that is away holds up all.
        const fault = asGatewayError(error);
        if (signal.aborted || fault.code !== 'ERR_SFTP_SOURCE_CHANGED') throw error;
        context.log.warn({ ...door, filename: receipt.filename, code: fault.code, err: fault.message }, 'not received, left for the next poll');
      }
    }
  } finally {
    clearInterval(renewing);
  }
}

/** Says once, as a warning, when a file has been left for the same reason for too long: an upload that broke off is nobody's unless someone is told. */
function watchSkipped(log: Log): ChannelReport {
  const left = new Map<string, { reason: string; since: number; told: boolean }>();
  return {
    skipped(filename, reason) {
      const now = performance.now();
      const entry = left.get(filename);
      if (entry === undefined || entry.reason !== reason) {
        if (left.size > MOST_WATCHED) left.clear();
        left.set(filename, { reason, since: now, told: false });
        log.debug({ filename, reason }, 'left for the next poll');
      } else if (!entry.told && now - entry.since > LEFT_TOO_LONG_MS) {
        entry.told = true;
        log.warn({ filename, reason }, 'left in the drop for minutes: look at this file');
      }
    },
  };
}
