/**
 * Works through a partner's lane: its due messages in arrival order, translated and published in batches.
 *
 * Small messages share a commit; a large one is a turn of its own, committed a batch at a time under the same lease, so that a crash in
 * the middle costs one batch: what was published is skipped by its ordinal when the message is read again.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { InterchangeReading } from '../core/acknowledgment.ts';
import type { RawSource, SourceUnit } from '../core/contracts.ts';
import { asGatewayError } from '../core/errors/errors.ts';
import { type Problem, problemOf } from '../core/problem.ts';
import type { Database } from '../store/database.ts';
import { claimLane, fenceLane, type LaneHint, releaseLane } from '../store/lanes.ts';
import { type DueMessage, dueMessages, postponeMessage } from '../store/messages.ts';
import { openRaw } from '../store/raw.ts';
import type { Gateway } from './gateway.ts';
import { observeTranslation } from './observe-translation.ts';
import { type FinishedReading, type Lane, LaneLost, type PublishItem, publish } from './publish.ts';
import { detectFormat, translate } from './translate.ts';

/** Extended by every commit. Short, because after a kill the partner waits for it; a lane that is lost costs one batch. */
const LEASE_MS = 20_000;
/** Documents in one commit, messages in one turn of the lane: what bounds memory and keeps partners fair. */
const BATCH_DOCUMENTS = 100;
const TURN_MESSAGES = 50;
/** A batch is also cut by its segments: a few huge sets are as much as many small ones. */
const BATCH_SEGMENTS = 20_000;
/** Of bytes: a message of more is large, and small ones of so many are a turn. */
export const LARGE_BYTES = 1024 * 1024;
/** Reading past what is done already commits nothing: after so long the lease is extended all the same. */
const RENEW_AFTER_MS = 5_000;
/** How long the thread is kept before what else waits in this process gets a turn. */
const YIELD_AFTER_MS = 20;
/** Faults of ours that a message survives before it is a dead letter. */
const MAX_ATTEMPTS = 8;

/** The process shuts down: what is published stays, the rest is due for whoever comes next. */
class ShutDown extends Error {}

export async function translateLane(gateway: Gateway, hint: LaneHint, shutdown: AbortSignal): Promise<void> {
  const { database, tenant, context } = gateway;
  const token = await claimLane(database, tenant, hint, LEASE_MS);
  if (token === undefined) return;
  const lane: Lane = { partner: hint.partner, token, leaseMs: LEASE_MS };
  try {
    await translateDue(gateway, lane, hint.large, shutdown);
  } catch (error) {
    if (error instanceof LaneLost) context.log.warn({ partner: lane.partner }, error.message);
    else if (!(error instanceof ShutDown)) throw error;
  } finally {
    await releaseLane(database, tenant, lane.partner, token);
    gateway.nudge('translate');
  }
}

async function translateDue(gateway: Gateway, lane: Lane, large: boolean, shutdown: AbortSignal): Promise<void> {
  const messages = turnOf(await dueMessages(gateway.database, gateway.tenant, lane.partner, TURN_MESSAGES), large);
  const batch = new Batch(gateway, lane, shutdown);
  try {
    for (const message of messages)
      await observeTranslation(gateway, lane.partner, message.id, () => translateMessage(gateway, lane, message, batch));
    await batch.publish();
  } catch (error) {
    if (error instanceof LaneLost || error instanceof ShutDown) throw error;
    gateway.context.log.warn({ partner: lane.partner, messages: messages.length, err: error }, 'a batch failed, its messages are tried one by one');
    await translateOneByOne(gateway, lane, messages.length, shutdown);
  }
}

/** What one turn takes: a large message alone, or small ones up to the next large one and not more than its bytes. Then others may go first. */
function turnOf(messages: readonly DueMessage[], large: boolean): DueMessage[] {
  if (large) return messages.slice(0, 1);
  const turn: DueMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (message.size > LARGE_BYTES || bytes > LARGE_BYTES) break;
    bytes += message.size;
    turn.push(message);
  }
  return turn;
}

/** Finds the message that a batch fails on: those before it are published, it is put off, the partner's later ones wait behind it. */
async function translateOneByOne(gateway: Gateway, lane: Lane, count: number, shutdown: AbortSignal): Promise<void> {
  for (let i = 0; i < count; i++) {
    const [message] = await dueMessages(gateway.database, gateway.tenant, lane.partner, 1);
    if (message === undefined) return;
    const batch = new Batch(gateway, lane, shutdown);
    try {
      await observeTranslation(gateway, lane.partner, message.id, () => translateMessage(gateway, lane, message, batch));
      await batch.publish();
    } catch (error) {
      if (error instanceof LaneLost || error instanceof ShutDown) throw error;
      return postpone(gateway, message, error);
    }
  }
}

async function translateMessage(gateway: Gateway, lane: Lane, message: DueMessage, batch: Batch): Promise<void> {
  const { database, tenant } = gateway;
  const source = sourceOf(database, message);
  const faults: Problem[] = [];
  const format = await detectFormat(gateway.formats, source);
  const partner = gateway.catalog().partners.get(lane.partner);
  if (format === undefined || partner === undefined) {
    const problem = format === undefined ? unknownFormat(gateway) : unknownPartner(lane.partner);
    gateway.context.log.warn({ messageId: message.id, partner: lane.partner, problem }, 'not read: dead letter');
    const nothing = { units: [], readings: [], acknowledging: undefined };
    return batch.finish({ id: message.id, receiptKey: message.receiptKey, state: 'failed', problems: [problem], ...nothing });
  }
  const done = new Set(message.documents.filter((document) => !document.retrying).map((document) => document.ordinal));
  const retrying = new Map(message.documents.filter((document) => document.retrying).map((document) => [document.ordinal, document]));
  const vouched = new Set(message.documents.filter((document) => document.vouched).map((document) => document.ordinal));
  let documents = done.size;
  const admitted = new Set(message.documents.filter((document) => document.admitted).map((document) => document.ordinal));
  const { mappings } = gateway.catalog();
  const paced = batch.paced(source);
  const heard = new Listener();
  for await (const item of translate(paced, { partner, mappings, format, skip: done, checkSender: true, vouched, listener: heard })) {
    if (item.kind === 'fault') {
      faults.push(item.fault);
      continue;
    }
    documents++;
    await batch.add({
      translation: item,
      documentId: retrying.get(item.document.ordinal)?.id,
      overruled: retrying.get(item.document.ordinal)?.overruled ?? false,
      admitted: admitted.has(item.document.ordinal),
      receiptKey: message.receiptKey,
      around: {
        tenant,
        eventPrefix: gateway.eventPrefix,
        publicUrl: gateway.publicUrl,
        partner: lane.partner,
        channel: message.channel,
        channelType: message.channelType as PublishItem['around']['channelType'],
        rawSha256: message.sha256,
        time: message.receivedAt,
        messageId: message.id,
      },
    });
  }
  const { found: units, readings } = heard;
  // A TA1 alone is a whole message.
  const empty = documents === 0 && readings.every(({ answers }) => answers.length === 0);
  if (empty) gateway.context.log.warn({ messageId: message.id, partner: lane.partner, problem: faults[0] }, 'no document in it: dead letter');
  const { id, receiptKey } = message;
  const { acknowledging } = format;
  batch.finish({ id, receiptKey, state: empty ? 'failed' : 'translated', problems: faults, units, readings, acknowledging });
}

/** What is told of a message's interchanges while it is read. */
class Listener {
  found: readonly SourceUnit[] = [];
  readonly readings: InterchangeReading[] = [];
  readonly units = (units: readonly SourceUnit[]): void => {
    this.found = units;
  };
  readonly interchange = (reading: InterchangeReading): void => void this.readings.push(reading);
}

/** Gathers documents until a commit is worth its while; leaves room for others in between. */
class Batch {
  readonly #gateway: Gateway;
  readonly #lane: Lane;
  readonly #shutdown: AbortSignal;
  #items: PublishItem[] = [];
  #finished: FinishedReading[] = [];
  #segments = 0;
  #yieldedAt = performance.now();
  #renewedAt = performance.now();

  constructor(gateway: Gateway, lane: Lane, shutdown: AbortSignal) {
    this.#gateway = gateway;
    this.#lane = lane;
    this.#shutdown = shutdown;
  }

  /** The same bytes; whoever reads a long way through them without a commit gives way, keeps the lane, and stops at a shutdown. */
  paced(source: RawSource): RawSource {
    const giveWay = () => this.#giveWay();
    return {
      async *open() {
        for await (const chunk of source.open()) {
          await giveWay();
          yield chunk;
        }
      },
    };
  }

  async add(item: PublishItem): Promise<void> {
    this.#items.push(item);
    this.#segments += item.translation.document.segments;
    if (this.#items.length >= BATCH_DOCUMENTS || this.#segments >= BATCH_SEGMENTS) await this.publish();
    await this.#giveWay();
  }

  finish(message: FinishedReading): void {
    this.#finished.push(message);
  }

  async publish(): Promise<void> {
    const items = this.#items;
    const finished = this.#finished;
    this.#items = [];
    this.#finished = [];
    this.#segments = 0;
    if (items.length === 0 && finished.length === 0) return;
    await publish(this.#gateway, this.#lane, items, finished);
    this.#renewedAt = performance.now();
  }

  async #giveWay(): Promise<void> {
    const now = performance.now();
    if (now - this.#yieldedAt < YIELD_AFTER_MS) return;
    if (this.#shutdown.aborted) throw new ShutDown('the gateway shuts down');
    await yieldToOthers();
    this.#yieldedAt = performance.now();
    if (now - this.#renewedAt < RENEW_AFTER_MS) return;
    const { database, tenant } = this.#gateway;
    const { partner, token, leaseMs } = this.#lane;
    if (!(await fenceLane(database, tenant, partner, token, leaseMs))) throw new LaneLost(`the lane of ${partner} was taken over`);
    this.#renewedAt = performance.now();
  }
}

function sourceOf(database: Database, { bytes, blobId, size }: DueMessage): RawSource {
  if (bytes === null) return openRaw(database, blobId, size);
  return {
    async *open() {
      yield bytes;
    },
  };
}

const unknownFormat = (gateway: Gateway): Problem => ({
  code: 'ERR_FORMAT_UNKNOWN',
  severity: 'error',
  message: `expected a document in one of the formats ${[...gateway.formats.keys()].join(', ')}, found none of them in the first bytes`,
  at: { kind: 'segment', offset: 0 },
  hint: 'look at the bytes: quayside messages raw ID',
});

const unknownPartner = (partner: string): Problem => ({
  code: 'ERR_FILE_REFERENCE',
  severity: 'error',
  message: `there is no partner ${partner} among the files in force`,
  hint: 'restore or mend its partner file, then replay the message',
});

async function postpone(gateway: Gateway, message: DueMessage, thrown: unknown): Promise<void> {
  const error = asGatewayError(thrown);
  gateway.context.log.error({ messageId: message.id, err: thrown, attempt: message.attempts + 1 }, 'translation failed, put off');
  await postponeMessage(gateway.database, message.id, problemOf(error), MAX_ATTEMPTS);
}
