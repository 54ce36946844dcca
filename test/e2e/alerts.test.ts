/** From a condition in PostgreSQL to a mail in a real SMTP server and a webhook that a library of others verifies. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alertsTask } from '../../src/control/watch-alerts.ts';
import { type Log, silentLog } from '../../src/core/context.ts';
import { parkEndpoint } from '../../src/store/endpoints.ts';
import { make855 } from '../support/documents.ts';
import { type Erp, startErp } from '../support/erp.ts';
import { handIn, until } from '../support/gateway.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';
import { type Spine, startSpine } from '../support/spine.ts';

// A busy machine is no fault.
const eventually: typeof until = (what, look, within = 60_000) => until(what, look, within);
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Scene {
  readonly spine: Spine;
  readonly sink: SmtpSink;
  readonly hook: Erp;
  readonly log: string[];
  /** One run of the task of the control role, as another gateway would do it, too. */
  look(): Promise<void>;
}

/** The receiver of webhooks verifies with the same library as the ERP. */
async function setUp(rules: string, { refuse = 0, answer = () => 200 }: { refuse?: number; answer?: () => number } = {}): Promise<Scene> {
  const sink = await startSmtpSink({ refuse });
  stops.push(sink.close);
  const hook = await startErp(answer);
  stops.push(hook.close);
  const lines: string[] = [];
  const keep = (_fields: object, message: string) => void lines.push(message);
  const log: Log = { ...silentLog, info: keep, warn: keep, child: () => log };
  const spine = await startSpine({
    answer: ({ subject }) => (subject.startsWith('BAD') ? 422 : 200),
    log,
    files: {
      'alerts.yaml': `receivers:
  ops: { type: mail, server: 127.0.0.1, port: ${sink.port}, tls: none, from: quayside@example.com, to: [ops@example.com] }
  chat: { type: http, url: "${hook.url}", signing: { secrets: ["env:QUAYSIDE_SECRET_ERP"] }, allow: [127.0.0.0/8] }
rules:
${rules}
`,
    },
  });
  stops.push(spine.close);
  const { gateway } = spine.running;
  const signal = new AbortController().signal;
  return { spine, sink, hook, log: lines, look: () => alertsTask({ ...gateway, alerts: () => gateway.catalog().alerts }, 0)(signal) };
}

const alertsIn = (hook: Erp) =>
  hook.receipts.flatMap(({ body }) => (body.data as { alerts: { rule: string; subject: string; change: string }[] }).alerts);

describe('an endpoint that is parked', () => {
  it('is told once to everyone, whoever looks, and told again when it is over', async () => {
    const { spine, sink, hook, log, look } = await setUp('  stopped: { after: 0s }');
    const { database, tenant } = spine.running.gateway;
    await parkEndpoint(database, tenant, 'erp', 'it said 401');
    await Promise.all([look(), look(), look()]);
    await look();
    await eventually('the mail', () => sink.mails.length === 1);
    expect(sink.mails[0]?.text).toMatch(/Subject: .*ALERT: endpoint erp is parked/);
    expect(sink.mails[0]?.text).toContain('quayside endpoint resume erp');
    expect(hook.forged).toEqual([]);
    expect(alertsIn(hook)).toMatchObject([{ rule: 'stopped', subject: 'erp', change: 'begun' }]);
    expect(hook.receipts[0]).toMatchObject({ type: 'dev.quayside.operations.alerts_changed.v1', key: hook.receipts[0]?.eventId });
    expect(log.filter((line) => line.startsWith('alert begun: endpoint erp is parked'))).toHaveLength(1);
    await database.query(`update endpoint set state = 'active' where tenant = $1`, [tenant]);
    await look();
    expect(alertsIn(hook).map(({ change }) => change)).toEqual(['begun', 'over']);
    expect(sink.mails[1]?.text).toContain('OVER');
  });
});

describe('dead letters', () => {
  it('are told by their cause, in one notice for all that began together, and only to those who are to be told', async () => {
    const { spine, sink, hook, look } = await setUp('  dead: { to: [chat] }\n  blocked: { after: 0s }');
    await handIn(spine.running, 'acme', make855({ partner: 'acme', control: 1 }, 'BAD-1'));
    await handIn(spine.running, 'acme', make855({ partner: 'acme', control: 2 }, 'BAD-1'));
    await spine.deadLetters(1);
    await look();
    await eventually('the webhook', () => hook.receipts.length === 1);
    expect(alertsIn(hook).map(({ rule, change }) => [rule, change])).toEqual([
      ['blocked', 'begun'],
      ['dead', 'begun'],
    ]);
    await eventually('the mail', () => sink.mails.length === 1);
    expect(sink.mails[0]?.text).toContain('1 delivery to erp behind an earlier one of their order');
    expect(sink.mails[0]?.text).not.toContain('of one cause');
  });
});

describe('a receiver that is away', () => {
  it('is tried again under the same id, and holds up no other', async () => {
    let broken = true;
    const { spine, sink, hook, look } = await setUp('  unrouted: {}\n  stopped: { after: 0s }', { refuse: 1, answer: () => (broken ? 503 : 200) });
    const { database, tenant } = spine.running.gateway;
    await parkEndpoint(database, tenant, 'erp', 'x');
    await look();
    expect(sink.mails).toEqual([]);
    expect(hook.receipts.map(({ status }) => status)).toEqual([503]);
    broken = false;
    await database.query('update alert_notice set next_attempt_at = now()');
    await look();
    expect(sink.mails).toHaveLength(1);
    expect(hook.receipts.map(({ status, attempt }) => [status, attempt])).toEqual([
      [503, 1],
      [200, 2],
    ]);
    expect(new Set(hook.receipts.map(({ key }) => key)).size).toBe(1);
    await look();
    expect(hook.receipts).toHaveLength(2);
  });
});

describe('silence', () => {
  it('is told of a channel that has brought nothing for too long, and is over with the next message', async () => {
    const { spine, hook, look } = await setUp('  silence: { everybody: 1h }');
    const { database } = spine.running.gateway;
    await look();
    expect(alertsIn(hook)).toEqual([]);
    await database.query(`update alert_watch set since = now() - interval '2 hours'`);
    await look();
    expect(alertsIn(hook)).toMatchObject([{ rule: 'silence', subject: 'everybody', change: 'begun' }]);
    await handIn(spine.running, 'acme', make855({ partner: 'acme', control: 5 }, 'PO-1'));
    await look();
    expect(alertsIn(hook).map(({ change }) => change)).toEqual(['begun', 'over']);
  });
});
