/** What a scraper sees of a gateway that works: counted on the way of real documents, and read from a real PostgreSQL. */
import { afterEach, expect, it, vi } from 'vitest';
import { closeDeadLetter } from '../../src/pipeline/replay.ts';
import { make855 } from '../support/documents.ts';
import { handIn, until } from '../support/gateway.ts';
import { scrapeAll } from '../support/scrape.ts';
import { type Spine, startSpine } from '../support/spine.ts';

// A busy machine is no fault.
const eventually: typeof until = (what, look, within = 60_000) => until(what, look, within);
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let spine: Spine | undefined;
afterEach(() => spine?.close());

const scrape = ({ running }: Spine) => scrapeAll(running);

it('counts documents, events and attempts, and times each stage', async () => {
  spine = await startSpine({ answer: ({ attempt }) => (attempt === 1 ? 503 : 200) });
  const text = make855({ partner: 'acme', control: 1 }, 'PO-1');
  await spine.reaches(await handIn(spine.running, 'acme', text, 'drop/a'), 'delivered');
  await handIn(spine.running, 'acme', text, 'drop/a');
  await spine.reaches(await handIn(spine.running, 'acme', text, 'drop/b'), 'duplicate');
  const { value } = await scrape(spine);
  expect(value('quayside_messages_received_total', { partner: 'acme', channel: 'drop' })).toBe(2);
  expect(value('quayside_messages_repeated_total', { partner: 'acme', channel: 'drop' })).toBe(1);
  expect(value('quayside_documents_total', { partner: 'acme', state: 'translated' })).toBe(1);
  expect(value('quayside_duplicates_total', { partner: 'acme' })).toBe(1);
  expect(value('quayside_events_total', { partner: 'acme', event: 'order_acknowledgment.received', routed: 'true' })).toBe(1);
  expect(value('quayside_attempts_total', { endpoint: 'erp', class: 'throttled' })).toBe(1);
  expect(value('quayside_attempts_total', { endpoint: 'erp', class: 'delivered' })).toBe(1);
  for (const stage of ['receive', 'translate']) expect(value('quayside_stage_duration_seconds_count', { stage }), stage).toBe(2);
  expect(value('quayside_attempt_duration_seconds_count', { endpoint: 'erp' })).toBe(2);
  expect(value('quayside_dispatch_wait_seconds_count', { endpoint: 'erp' })).toBe(2);
  expect(value('quayside_receipt_to_delivered_seconds_count', { endpoint: 'erp' })).toBe(1);
  // Two attempts with a wait between them lie between the receipt and the 2xx.
  expect(value('quayside_receipt_to_delivered_seconds_sum', { endpoint: 'erp' })).toBeGreaterThan(
    value('quayside_attempt_duration_seconds_sum', { endpoint: 'erp' }) ?? 0,
  );
  expect(value('quayside_queue_up')).toBe(1);
});

it('shows the backlog as PostgreSQL has it: heads, what waits behind them, dead letters by cause, what people did', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  spine = await startSpine({
    answer: async ({ subject }) => {
      if (subject === 'SLOW') await held;
      return subject === 'BAD' ? 422 : 200;
    },
  });
  const { running } = spine;
  let last = '';
  for (const [n, order] of ['BAD', 'BAD', 'BAD', 'SLOW', 'SLOW', 'GOOD'].entries())
    last = await handIn(running, 'acme', make855({ partner: 'acme', control: n + 1 }, order));
  const [letter] = await spine.deadLetters(1);
  await spine.reaches(last, 'delivered');
  const now = await scrape(spine);
  const depth = (state: string) => now.value('quayside_queue_depth', { endpoint: 'erp', state });
  expect({ blocked: depth('blocked'), inFlight: depth('in_flight'), due: depth('due'), retry: depth('retry_wait') }).toEqual({
    blocked: 3,
    inFlight: 1,
    due: 0,
    retry: 0,
  });
  expect(now.samples('quayside_dead_letters')).toMatchObject([{ labels: { stage: 'deliver', fingerprint: letter?.fingerprint }, value: 1 }]);
  expect(now.value('quayside_oldest_blocked_age_seconds', { endpoint: 'erp' })).toBeGreaterThan(0);
  expect(now.value('quayside_endpoint_parked', { endpoint: 'erp' })).toBe(0);
  expect(now.value('quayside_untranslated_messages')).toBe(0);
  expect(now.samples('quayside_interventions')).toEqual([]);
  release();
  await closeDeadLetter(running.gateway, letter?.id ?? '', 'discard', { actor: 'test', reason: 'wrong' });
  const later = await eventually('a figure of after', async () => {
    const seen = spine && (await scrape(spine));
    return seen !== undefined && seen.samples('quayside_interventions').length > 0 && seen;
  });
  expect(later.value('quayside_interventions', { action: 'delivery.discarded' })).toBe(1);
});
