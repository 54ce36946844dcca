/**
 * `npm run chaos -- --seed N --seconds S [--json] [--record FILE]`: faults by the seed under load, then the invariants from both ends.
 *
 * One object on stdout with --json, a few lines without; what happens meanwhile on stderr. Exit 0 only when every promise held.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { faultsOf } from './invariants.ts';
import { storm } from './storm.ts';

const USAGE = 'usage: npm run chaos -- --seed N --seconds S [--json] [--record FILE] [--rate DOCUMENTS_A_SECOND]';

function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        seconds: { type: 'string', default: '120' },
        rate: { type: 'string' },
        record: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const number = (text: string | undefined) => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
    const [seed, seconds, rate] = [number(values.seed), number(values.seconds), values.rate === undefined ? undefined : number(values.rate)];
    if (Number.isNaN(seed) || Number.isNaN(rate ?? 1) || !(seconds >= 10)) throw new TypeError('expected whole numbers, and at least 10 seconds');
    return { ...values, seed, seconds, rate };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
    process.exit(2);
  }
}

const words = readWords();
const say = (line: string) => void process.stderr.write(`${line}\n`);
// Ended by hand: the gateways, servers and endpoints that were started end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const record = words.record === undefined ? undefined : resolve(words.record);
const {
  findings,
  faults: injected,
  ...figures
} = await storm({
  seed: words.seed,
  seconds: words.seconds,
  record,
  say,
  ...(words.rate !== undefined && { perSecond: words.rate }),
});
const faults = faultsOf({ ...figures, findings });
for (const finding of findings) say(finding);
if (words.json) process.stdout.write(`${JSON.stringify({ ...figures, faults: injected })}\n`);
else {
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name.padEnd(12)} ${value}\n`);
  process.stdout.write(`faults       ${JSON.stringify(injected)}\n`);
  process.stdout.write(faults.length === 0 ? 'every promise held\n' : `broken: ${faults.join(', ')}\n`);
}
process.exit(faults.length === 0 ? 0 : 1);
