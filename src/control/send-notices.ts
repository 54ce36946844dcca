/**
 * Sends what receivers are to be told: at least once, with a retry of its own, beside the pipeline and never in its way.
 *
 * A webhook goes through the destination of its type, with its signature and its egress guard, and the notice's id as idempotency key.
 */
import type { Alerts, Receiver } from '../alerts/alerts-file.ts';
import { sendMail } from '../alerts/mail/send-mail.ts';
import { type Change, eventOf, mailOf, type Notice } from '../alerts/notice.ts';
import type { Context } from '../core/context.ts';
import type { Destination } from '../core/contracts.ts';
import { claimNotices, finishNotice, postponeNotice } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';

export interface NoticeRoad {
  readonly database: Database;
  readonly tenant: string;
  readonly eventPrefix: string;
  readonly context: Context;
  readonly destinations: ReadonlyMap<string, Destination>;
  /** The rules and receivers in force at this moment. */
  alerts(): Alerts;
}

const AT_ONCE = 10;
const TIMEOUT_MS = 30_000;
/** Longer than any attempt: nobody else takes a notice while it is being sent. */
const LEASE_MS = 120_000;
const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 1_800_000;
/** Some six hours. Later the alert is old news; it is repeated while it goes on. */
const MOST_ATTEMPTS = 20;

export async function sendNotices(road: NoticeRoad, signal: AbortSignal): Promise<void> {
  const { database, tenant } = road;
  const notices = await claimNotices<Change>(database, tenant, AT_ONCE, LEASE_MS);
  await Promise.all(notices.map((notice) => sendNotice(road, notice, signal)));
}

async function sendNotice(road: NoticeRoad, notice: Notice & { readonly attempts: number }, signal: AbortSignal): Promise<void> {
  const { database, context } = road;
  const log = context.log.child({ receiver: notice.receiver, notice: notice.id, attempt: notice.attempts });
  const receiver = road.alerts().receivers.get(notice.receiver);
  if (receiver === undefined) {
    log.warn({}, 'alert not sent: alerts.yaml has no such receiver any more');
    return finishNotice(database, notice.id, 'given_up', 'no such receiver');
  }
  const fault = await faultOf(() => hand(road, receiver, notice, signal));
  if (fault === undefined) return finishNotice(database, notice.id, 'sent', undefined);
  if (notice.attempts >= MOST_ATTEMPTS) {
    log.error({ detail: fault }, 'alert not sent, given up');
    return finishNotice(database, notice.id, 'given_up', fault);
  }
  log.warn({ detail: fault }, 'alert not sent, tried again');
  return postponeNotice(database, notice.id, Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (notice.attempts - 1)), fault);
}

async function hand(road: NoticeRoad, receiver: Receiver, notice: Notice & { readonly attempts: number }, signal: AbortSignal): Promise<void> {
  if (receiver.kind === 'mail') return sendMail(mailOf(notice, road), receiver.options, road.context);
  const destination = road.destinations.get(receiver.destination);
  if (destination === undefined) throw new Error(`there is no destination ${receiver.destination}`);
  const outcome = await destination.deliver(
    {
      body: eventOf(notice, road),
      contentType: 'application/cloudevents+json',
      idempotencyKey: notice.id,
      attempt: notice.attempts,
      replay: false,
      traceparent: undefined,
      deadline: performance.now() + TIMEOUT_MS,
    },
    receiver.options as never,
    road.context,
    signal,
  );
  if (outcome.class !== 'delivered') throw new Error(`${outcome.class}: ${outcome.detail}`);
}

async function faultOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    return (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, 300);
  }
}
