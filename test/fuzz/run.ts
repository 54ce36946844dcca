/**
 * `npm run fuzz [-- --seed N] [--count N] [--json]`: damaged interchanges, each in every chunking; exit 1 when anything does not hold.
 * A case is known by its seed: run it alone with --seed N --count 1.
 */
import { seeded } from '../chaos/random.ts';
import { CHUNKINGS, checkBytes } from './check-bytes.ts';
import { mutate, validFile } from './mutate.ts';

/** Far more than any of these small files may take in all chunkings together. */
const HANGS_AFTER_MS = 10_000;

const words = process.argv.slice(2);
const number = (name: string, usual: number) => {
  const at = words.indexOf(name);
  const said = at < 0 ? usual : Number(words[at + 1]);
  if (Number.isSafeInteger(said) && said > 0) return said;
  process.stderr.write(`expected ${name} with a whole number, found "${words[at + 1] ?? ''}"\n`);
  process.exit(2);
};
const first = number('--seed', 1);
const count = number('--count', 10_000);

const failures: { readonly seed: number; readonly found: string }[] = [];
let slowest = 0;
for (let seed = first; seed < first + count; seed++) {
  const random = seeded(seed);
  const bytes = Buffer.from(mutate(validFile(random), random), 'latin1');
  const start = performance.now();
  const found = await checkBytes(bytes).catch((thrown: unknown) => `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
  const took = performance.now() - start;
  slowest = Math.max(slowest, took);
  const wrong = found ?? (took > HANGS_AFTER_MS ? `took ${Math.round(took)} ms` : undefined);
  if (wrong !== undefined) failures.push({ seed, found: wrong });
}
const summary = { first, count, chunkings: CHUNKINGS.length, slowestMs: Math.round(slowest), failures };
if (words.includes('--json')) process.stdout.write(`${JSON.stringify(summary)}\n`);
else {
  for (const { seed, found } of failures) process.stdout.write(`seed ${seed}: ${found}\n`);
  process.stdout.write(
    `${count - failures.length} of ${count} hold in all of ${CHUNKINGS.length} chunkings; the slowest took ${summary.slowestMs} ms\n`,
  );
}
process.exitCode = failures.length > 0 ? 1 : 0;
