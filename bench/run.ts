/** `npm run bench [-- NAME] [-- --json]`: side by side with a peer or a limit, in one run. */
import type { Figure } from './measure.ts';

const BENCHES: Readonly<Record<string, () => Promise<Figure[]>>> = {
  spine: async () => (await import('./spine.ts')).benchSpine(),
  mapping: async () => (await import('./mapping.ts')).benchMappings(),
  delivery: async () => (await import('./delivery.ts')).benchDelivery(),
  x12: async () => (await import('./x12.ts')).benchX12(),
};

const words = process.argv.slice(2);
const json = words.includes('--json');
const names = words.filter((word) => !word.startsWith('--'));
const unknown = names.find((name) => !(name.split('.')[0] ?? '' in BENCHES));
if (unknown !== undefined) {
  process.stderr.write(`expected one of ${Object.keys(BENCHES).join(', ')}, found "${unknown}"\n`);
  process.exit(2);
}
for (const name of names.length > 0 ? new Set(names.map((wanted) => wanted.split('.')[0] ?? '')) : Object.keys(BENCHES)) {
  for (const figure of (await BENCHES[name]?.()) ?? []) {
    if (names.length > 0 && !names.some((wanted) => figure.name === wanted || figure.name.startsWith(`${wanted}.`))) continue;
    process.stdout.write(
      json
        ? `${JSON.stringify(figure)}\n`
        : `${figure.name.padEnd(20)} ${figure.ours} ${figure.unit}, ${figure.against}: ${figure.theirs}, ratio ${figure.ratio}\n`,
    );
  }
}
