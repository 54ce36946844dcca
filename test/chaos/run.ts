/**
 * `npm run chaos -- --seed N --seconds S [--json] [--record FILE]`: faults by the seed under load, then the invariants from both ends.
 * `npm run chaos -- --scenario NAME [--json]`: one situation of the acceptance list.
 *
 * One object on stdout with --json, a few lines without; what happens meanwhile on stderr. Exit 0 only when every promise held.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { faultsOf } from './invariants.ts';
import type { Scenario, ScenarioResult } from './scenarios/scenario.ts';

const SCENARIOS: Readonly<Record<string, () => Promise<Scenario>>> = {
  'redis-down': async () => (await import('./scenarios/redis-down.ts')).redisDown,
  'postgres-down': async () => (await import('./scenarios/postgres-down.ts')).postgresDown,
  isolation: async () => (await import('./scenarios/isolation.ts')).isolation,
  replay: async () => (await import('./scenarios/replay.ts')).replay,
  drain: async () => (await import('./scenarios/drain.ts')).drain,
};

const USAGE = `usage: npm run chaos -- --seed N --seconds S [--json] [--record FILE] [--rate DOCUMENTS_A_SECOND] [--logs FOLDER]
       npm run chaos -- --planted [NAME] [--json]
       npm run chaos -- --scenario ${Object.keys(SCENARIOS).join('|')} [--seconds S] [--json] [--logs FOLDER]`;

interface Words {
  readonly scenario: Scenario | undefined;
  readonly seed: number;
  readonly seconds: number | undefined;
  readonly rate: number | undefined;
  readonly record: string | undefined;
  readonly logs: string | undefined;
  readonly planted: boolean;
  readonly plant: string | undefined;
  readonly json: boolean;
}

async function readWords(): Promise<Words> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values, positionals } = parseArgs({
    options: { seed: text, seconds: text, rate: text, record: text, logs: text, scenario: text, planted: flag, json: flag },
    allowPositionals: true,
  });
  if (positionals.length > (values.planted ? 1 : 0)) throw new TypeError(`"${positionals.at(-1)}" is no option`);
  const number = (name: 'seed' | 'seconds' | 'rate', least: number): number | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value) || Number(value) < least) throw new TypeError(`--${name}: expected a whole number from ${least}, found "${value}"`);
    return Number(value);
  };
  if (values.scenario !== undefined && !(values.scenario in SCENARIOS))
    throw new TypeError(`--scenario: expected one of ${Object.keys(SCENARIOS).join(', ')}, found "${values.scenario}"`);
  return {
    scenario: await SCENARIOS[values.scenario ?? '']?.(),
    seed: number('seed', 0) ?? 1,
    seconds: number('seconds', 10),
    rate: number('rate', 1),
    record: values.record === undefined ? undefined : resolve(values.record),
    logs: values.logs === undefined ? undefined : resolve(values.logs),
    planted: values.planted === true,
    plant: positionals[0],
    json: values.json === true,
  };
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

async function play({
  scenario,
  seed,
  seconds,
  rate,
  record,
  logs,
  planted,
  plant,
}: Words): Promise<ScenarioResult & { readonly injected?: object }> {
  if (planted) return playPlanted(plant);
  if (scenario !== undefined) return scenario({ seconds, logs, say });
  const { storm } = await import('./storm.ts');
  const { faults: injected, ...figures } = await storm({ seed, seconds: seconds ?? 120, record, logs, perSecond: rate, say });
  for (const finding of figures.findings) say(finding);
  const { findings: _, ...numbers } = figures;
  return { figures: numbers, faults: faultsOf(figures), injected };
}

async function playPlanted(name: string | undefined): Promise<ScenarioResult> {
  const { plantFaults } = await import('./planted.ts');
  const results = await plantFaults(name, say);
  return {
    figures: Object.fromEntries(results.map(({ name, exit, said }) => [name, `exit ${exit}: ${said}`])),
    faults: results.filter((result) => !result.noticed).map((result) => `nobody noticed ${result.name}: ${result.what}`),
  };
}

function print({ figures, injected }: { figures: object; injected?: object }, json: boolean): void {
  const all = { ...figures, ...(injected && { faults: injected }) };
  if (json) process.stdout.write(`${JSON.stringify(all)}\n`);
  else for (const [name, value] of Object.entries(all)) process.stdout.write(`${name.padEnd(20)} ${JSON.stringify(value)}\n`);
}

const words = await readWords().catch((error: Error) => {
  say(`${error.message}\n${USAGE}`);
  process.exit(2);
});
// Ended by hand: servers, gateways and endpoints end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const result = await play(words);
print(result, words.json);
for (const fault of result.faults) say(`broken: ${fault}`);
process.exit(result.faults.length === 0 ? 0 : 1);
