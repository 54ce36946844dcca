import { expect, test } from 'vitest';
import { ENDPOINT_AT_REST, STORE_AT_REST } from '../../test/support/figures.ts';
import { parseScrape } from '../../test/support/scrape.ts';
import type { StoreFigures } from '../core/store-figures.ts';
import { createMetrics } from './metrics.ts';

const parked = {
  ...ENDPOINT_AT_REST,
  state: 'parked',
  reason: '401',
  stoppedSeconds: 60,
  due: 7,
  retryWait: 1,
  blocked: 2,
  queued: 3,
  inFlight: 4,
  oldestDueSeconds: 90,
} as const;
const figures = (more: Partial<StoreFigures> = {}): StoreFigures => ({ ...STORE_AT_REST, endpoints: [parked], ...more });
const scrape = async (metrics: ReturnType<typeof createMetrics>) => parseScrape((await metrics.render()).body);

test('what is counted shows, by its labels, and a class that has not occurred is zero from the first attempt on', async () => {
  const { meter, render } = createMetrics(async () => figures());
  meter.countReceived('acme', 'drop', false);
  meter.countReceived('acme', 'drop', true);
  meter.countDocument('acme', 'duplicate');
  meter.observeAttempt('erp', 'delivered', 0.02);
  meter.observeAttempt('erp', 'delivered', 0.2);
  const { value } = parseScrape((await render()).body);
  expect(value('quayside_messages_received_total', { partner: 'acme', channel: 'drop' })).toBe(1);
  expect(value('quayside_messages_repeated_total', { partner: 'acme', channel: 'drop' })).toBe(1);
  expect(value('quayside_duplicates_total', { partner: 'acme' })).toBe(1);
  expect(value('quayside_attempts_total', { endpoint: 'erp', class: 'delivered' })).toBe(2);
  expect(value('quayside_attempts_total', { endpoint: 'erp', class: 'ambiguous' })).toBe(0);
  expect(value('quayside_attempt_duration_seconds_bucket', { endpoint: 'erp', le: '0.025' })).toBe(1);
  expect(value('quayside_attempt_duration_seconds_count', { endpoint: 'erp' })).toBe(2);
});

test('the figures of the installation show beside the health of the process', async () => {
  const { names, value } = await scrape(createMetrics(async () => figures({ quarantined: 5, alerts: [{ name: 'stopped', count: 1 }] })));
  expect(value('quayside_store_up')).toBe(1);
  expect(value('quayside_queue_depth', { endpoint: 'erp', state: 'due' })).toBe(7);
  expect(value('quayside_endpoint_parked', { endpoint: 'erp' })).toBe(1);
  expect(value('quayside_endpoint_breaker', { endpoint: 'erp', state: 'closed' })).toBe(1);
  expect(value('quayside_oldest_due_age_seconds', { endpoint: 'erp' })).toBe(90);
  expect(value('quayside_quarantined_documents')).toBe(5);
  expect(value('quayside_alerts', { rule: 'stopped' })).toBe(1);
  expect(names).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(names).toContain('process_resident_memory_bytes');
});

test('the 50 largest groups of dead letters have a series each, the rest is one', async () => {
  const deadLetters = Array.from({ length: 300 }, (_, n) => ({ stage: 'deliver' as const, fingerprint: `f${n}`, count: 300 - n }));
  const { samples, value } = await scrape(createMetrics(async () => figures({ deadLetters })));
  expect(samples('quayside_dead_letters')).toHaveLength(51);
  expect(value('quayside_dead_letters', { stage: 'deliver', fingerprint: 'f0' })).toBe(300);
  expect(value('quayside_dead_letters', { stage: 'deliver', fingerprint: 'other' })).toBe((250 * 251) / 2);
});

test('scrapers that come together, or soon after one another, are one question', async () => {
  let asked = 0;
  const metrics = createMetrics(async () => {
    asked++;
    return figures();
  });
  await Promise.all(Array.from({ length: 10 }, () => metrics.render()));
  await metrics.render();
  expect(asked).toBe(1);
});

test.each([
  ['does not answer', () => new Promise<StoreFigures>(() => {})],
  ['is away', () => Promise.reject(new Error('ECONNREFUSED'))],
])('a scrape whose database %s says so, and shows what the process itself counted but no old figure', async (_what, read) => {
  const metrics = createMetrics(read, 50);
  metrics.meter.countPoll('acme', 'drop', 'success');
  const { names, value } = await scrape(metrics);
  expect(value('quayside_store_up')).toBe(0);
  expect(names).not.toContain('quayside_queue_depth');
  expect(value('quayside_channel_polls_total', { partner: 'acme', channel: 'drop', outcome: 'success' })).toBe(1);
});
