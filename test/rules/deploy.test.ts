/**
 * What deploy/ asks of a gateway, a running gateway has: every metric in every expression of the dashboards and rules is exported, and
 * every metric of ours is on the page that says what to do about it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RULES } from '../../src/alerts/alerts-file.ts';
import { loadAlerts } from '../../src/alerts/load-alerts.ts';
import { ENVIRONMENT } from '../../src/config.ts';
import { DESTINATIONS } from '../../src/destinations/_registry.ts';
import { makeHome } from '../support/home.ts';
import { type Scrape, scrapeAll } from '../support/scrape.ts';
import { type Spine, startSpine } from '../support/spine.ts';
import { fileAt, filesUnder } from './source-files.ts';

interface Expression {
  readonly where: string;
  readonly expr: string;
}
interface RulesFile {
  readonly groups: { rules: { alert: string; expr: string; annotations: Record<string, string>; labels: Record<string, string> }[] }[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: { id: number; title: string; targets: { expr: string }[] }[];
  readonly templating: { list: { name: string; type: string; query: string }[] };
}

const alerts = (parse(fileAt('deploy/prometheus/rules.yaml')) as RulesFile).groups.flatMap(({ rules }) => rules);
const dashboards = filesUnder('deploy/grafana/dashboards', /\.json$/).map(({ path, text }) => ({ path, dashboard: JSON.parse(text) as Dashboard }));
const expressions: Expression[] = [
  ...alerts.map(({ alert, expr }) => ({ where: alert, expr })),
  ...dashboards.flatMap(({ path, dashboard }) => [
    ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: `${path}: ${title}`, expr }))),
    ...dashboard.templating.list.flatMap(({ name, type, query }) => (type === 'query' ? [{ where: `${path}: $${name}`, expr: query }] : [])),
  ]),
];

/** What Prometheus itself makes: of a target that it scrapes. */
const OF_PROMETHEUS = ['up'];
/** Words of PromQL and names of labels in these expressions, which look like metrics. */
const WORDS = /^(sum|max|min|by|without|on|rate|increase|offset|unless|and|or|bool|time|vector|sort_desc|histogram_quantile|label_values|le)$/;

/** Names in an expression that are neither words of PromQL, nor labels, nor text. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replace(/\{[^}]*\}/g, ' ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b\d+[smhdw]?\b/g, ' ')
    .replace(/\b(by|on|without) *\([^)]*\)/g, ' ')
    .replace(/^(label_values\([^,]+),[^)]*\)/, '$1)');
  return [...bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*/g)].map(([name]) => name).filter((name) => !WORDS.test(name));
}

const baseName = (name: string): string => name.replace(/_(bucket|count|sum)$/, '');

let spine: Spine;
let scrape: Scrape;
beforeAll(async () => {
  spine = await startSpine();
  scrape = await scrapeAll(spine.running);
}, 120_000);
afterAll(() => spine.close(), 60_000);

test('there is something to look at', () => {
  expect(alerts.length).toBeGreaterThan(10);
  expect(dashboards.map(({ dashboard }) => dashboard.title)).toHaveLength(3);
  expect(expressions.length).toBeGreaterThan(40);
});

test('every metric that a dashboard or a rule names is exported by a running gateway', () => {
  const unknown = expressions.flatMap(({ where, expr }) =>
    metricsIn(expr).flatMap((name) =>
      scrape.names.has(name) || scrape.names.has(baseName(name)) || OF_PROMETHEUS.includes(name) ? [] : [`${where}: ${name}`],
    ),
  );
  expect(unknown).toEqual([]);
});

test('every expression names a metric', () => {
  expect(expressions.filter(({ expr }) => metricsIn(expr).length === 0)).toEqual([]);
});

test('every alert says what is wrong and what to do, and the commands that it names exist', () => {
  for (const { alert, annotations, labels } of alerts) {
    expect(alert).toMatch(/^Quayside[A-Z]/);
    expect((annotations.summary ?? '').length * (annotations.action ?? '').length, alert).toBeGreaterThan(100);
    expect(['critical', 'warning'], alert).toContain(labels.severity);
  }
});

test('no two dashboards, and no two panels of one, share an id', () => {
  expect(new Set(dashboards.map(({ dashboard }) => dashboard.uid)).size).toBe(dashboards.length);
  for (const { path, dashboard } of dashboards) expect(new Set(dashboard.panels.map(({ id }) => id)).size, path).toBe(dashboard.panels.length);
});

describe('docs/observability.md', () => {
  const page = fileAt('docs/observability.md');
  const documented = new Set([...page.matchAll(/^\| `(quayside_[a-z_]+)`/gm)].map(([, name = '']) => name));

  test('has a row for every metric of ours, and for none that is not there', () => {
    const ours = [...scrape.names].filter((name) => name.startsWith('quayside_'));
    expect(ours.length).toBeGreaterThan(25);
    expect([...documented].sort()).toEqual(ours.sort());
  });

  test('names every rule of alerts.yaml', () => {
    for (const rule of RULES) expect(page, rule).toMatch(new RegExp(`^\\| \`${rule}\` \\|`, 'm'));
  });

  test('shows an alerts.yaml without a fault', () => {
    const [, example] = /```yaml\n(# yaml-language-server[^\n]*alerts\.json\n[\s\S]*?)```/.exec(page) ?? [];
    const home = makeHome({ partners: [], endpoints: {} });
    home.write('alerts.yaml', example ?? '');
    const { alerts: read, problems } = loadAlerts(home.directory, { destinations: DESTINATIONS, channels: ['acme/drop'], unknownPartners: [] });
    home.remove();
    expect(problems).toEqual([]);
    expect([...(read?.receivers.keys() ?? [])]).toEqual(['night', 'chat']);
  });

  test('names the variables by which traces are switched on', () => {
    for (const name of Object.keys(ENVIRONMENT).filter((name) => name.startsWith('OTEL_'))) expect(page).toContain(`\`${name}\``);
  });
});

describe('deploy/compose.yaml', () => {
  interface Compose {
    readonly services: Record<
      string,
      { image?: string; volumes?: string[]; secrets?: string[]; environment?: Record<string, string>; depends_on?: object }
    >;
    readonly volumes: object;
    readonly secrets: object;
  }
  const { services, volumes, secrets } = parse(fileAt('deploy/compose.yaml')) as Compose;

  test('mounts only what is there or what its first lines ask for, and declares what it uses', () => {
    const asked = ['./site', './secrets/quayside'];
    for (const [name, service] of Object.entries(services)) {
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':');
        const there = source.startsWith('./') ? asked.includes(source) || filesUnder(`deploy/${source.slice(2)}`, /./).length > 0 : source in volumes;
        expect(there, `${name}: ${volume}`).toBe(true);
      }
      for (const secret of service.secrets ?? []) expect(Object.keys(secrets), name).toContain(secret);
      for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(services), name).toContain(other);
    }
  });

  test('gives the gateway only variables that it knows', () => {
    const known = Object.keys(ENVIRONMENT);
    expect(Object.keys(services.gateway?.environment ?? {}).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('keeps Redis from evicting', () => {
    expect(fileAt('deploy/compose.yaml')).toContain('"--maxmemory-policy", "noeviction"');
  });
});
