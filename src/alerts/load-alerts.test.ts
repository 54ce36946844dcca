import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatProblem } from '../core/problem.ts';
import { DESTINATIONS } from '../destinations/_registry.ts';
import { loadAlerts } from './load-alerts.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'quayside-alerts-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function load(text: string) {
  writeFileSync(join(home, 'alerts.yaml'), text);
  return loadAlerts(home, { destinations: DESTINATIONS, channels: ['acme/drop'], unknownPartners: ['broken'] });
}

const MAIL =
  'receivers:\n  ops:\n    { type: mail, server: smtp.example.com, from: a@example.com, to: [b@example.com], login: { username: q, password: "env:QUAYSIDE_SECRET_SMTP" } }\n';

test('without a file every rule is in force and nobody but the log is told', () => {
  const { alerts, problems } = loadAlerts(home, { destinations: DESTINATIONS, channels: [], unknownPartners: [] });
  expect(problems).toEqual([]);
  expect(alerts?.receivers.size).toBe(0);
  expect([...(alerts?.rules.keys() ?? [])]).toEqual(['stopped', 'dead', 'blocked', 'overdue', 'silence', 'unrouted', 'quarantine', 'unexplained']);
  expect(alerts?.silences).toEqual([]);
});

test('a file says who is told what, after how long', () => {
  const { alerts, origin, problems } = load(`${MAIL}repeat: 4h
rules:
  stopped: { after: 1m, to: [] }
  dead: { at: [50, 5] }
  silence: { everybody: 24h, channels: { acme/drop: 26h, broken/drop: 1h } }
  unrouted: { off: true }
`);
  expect(problems.map(formatProblem)).toEqual([]);
  expect(alerts?.receivers.get('ops')).toMatchObject({ kind: 'mail', options: { server: 'smtp.example.com' } });
  expect(alerts?.rules.get('stopped')).toMatchObject({ afterMs: 60_000, receivers: [], repeatMs: 14_400_000 });
  expect(alerts?.rules.get('dead')).toMatchObject({ thresholds: [5, 50], receivers: ['ops'] });
  expect(alerts?.rules.has('unrouted')).toBe(false);
  expect(alerts?.silences.map(({ subject, afterMs }) => [subject, afterMs / 3_600_000])).toEqual([
    ['acme/drop', 26],
    ['broken/drop', 1],
    ['everybody', 24],
  ]);
  expect(origin?.secrets).toMatchObject([{ reference: 'env:QUAYSIDE_SECRET_SMTP', path: ['receivers', 'ops', 'login', 'password'] }]);
});

test('every fault is found at once, each at its place', () => {
  const { alerts, problems } = load(`receivers:
  ops: { type: mail, server: smtp.example.com, from: nobody, to: [b@example.com] }
  chat: { type: htpp, url: "https://example.com" }
  hook: { type: http, url: "https://example.com/x" }
rules:
  stoped: { after: 5m }
  dead: { to: [opps], at: [0] }
  overdue: { after: 5 }
  silence: { channels: { acme/dorp: 26h } }
`);
  expect(alerts).toBeUndefined();
  const found = problems.map(formatProblem);
  for (const expected of [
    /^alerts.yaml:2:\d+: .*from: expected the sender/,
    /^alerts.yaml:3:\d+: .*receivers\.chat\.type: expected one of mail, http.*did you mean "http"/,
    /^alerts.yaml:4:\d+: .*expected a key "signing"/,
    /^alerts.yaml:6:\d+: .*unknown key "stoped".*did you mean "stopped"/,
    /^alerts.yaml:7:\d+: .*"opps".*did you mean "ops"/,
    /^alerts.yaml:7:\d+: .*at\.0/,
    /^alerts.yaml:8:\d+: .*after: expected/,
    /^alerts.yaml:9:\d+: .*acme\/dorp.*did you mean "acme\/drop"/,
  ])
    expect(
      found.some((line) => expected.test(line)),
      `${expected} in ${found.join('\n')}`,
    ).toBe(true);
  expect(found).toHaveLength(8);
});

test('a secret that stands in the file is refused and not shown', () => {
  const { problems } = load(MAIL.replace('"env:QUAYSIDE_SECRET_SMTP"', 'hunter2-hunter2'));
  expect(problems).toHaveLength(1);
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});
