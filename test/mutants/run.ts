/**
 * The mutation run over src/formats/x12: each check switched off in turn in a scratch copy, the tests of the reader run against it.
 *
 * One vitest process for each mutant, which ends at the first test that misses the check. A mutant that no test misses survives: it must be
 * in survivors.json with a reason, and nothing else may be there. Exit 1 otherwise.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findMutants, type Mutant } from './find-mutants.ts';
import listed from './survivors.json' with { type: 'json' };

const survivors: readonly { readonly mutant: string; readonly reason: string }[] = listed;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join('src', 'formats', 'x12');
/** Longer than the tests ever take: a mutant that hangs is one that was noticed. */
const LIMIT_MS = 300_000;
/** Quick files first, as the run without a mutant has measured them: most mutants are missed by an example, few need a property. */
const CONFIG = `import { existsSync, readFileSync } from 'node:fs';
import { BaseSequencer } from 'vitest/node';
const took = existsSync('report.json') ? JSON.parse(readFileSync('report.json', 'utf8')).testResults.map((file) => [file.name, file.endTime - file.startTime]) : [];
const durations = new Map(took);
class QuickFirst extends BaseSequencer {
  sort(files) {
    return [...files].sort((a, b) => (durations.get(a.moduleId) ?? 0) - (durations.get(b.moduleId) ?? 0));
  }
}
export default { test: {
  include: ['src/formats/x12/**/*.test.ts', 'src/cli/x12-*.test.ts'], bail: 1, pool: 'threads', maxWorkers: 1, isolate: false,
  sequence: { sequencer: QuickFirst }, testTimeout: 60_000,
} };\n`;

const { values: asked } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean' } } });

function everyMutant(): Mutant[] {
  const files = readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return files.sort().flatMap((file) => findMutants(file, readFileSync(join(ROOT, FOLDER, file), 'utf8')));
}

function scratchCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'quayside-mutants-'));
  for (const part of ['src', 'fixtures', 'docs', 'package.json', 'tsconfig.json']) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'dir');
  writeFileSync(join(copy, 'vitest.config.mjs'), CONFIG);
  return copy;
}

/** Whether every test passes there. */
function passes(copy: string, ...reporter: string[]): Promise<boolean> {
  const args = [join(copy, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--config', 'vitest.config.mjs', ...reporter];
  const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore', timeout: LIMIT_MS });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status) => resolve(status === 0));
  });
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
const mutants = everyMutant().filter(({ name }) => asked.only === undefined || name.includes(asked.only));
const copy = scratchCopy();
const survived: Mutant[] = [];
try {
  if (!(await passes(copy, '--reporter=json', '--outputFile=report.json'))) throw new Error('the tests fail without any mutant: mend them first');
  for (const [n, mutant] of mutants.entries()) {
    const place = join(copy, FOLDER, mutant.file);
    const original = readFileSync(place, 'utf8');
    writeFileSync(place, mutant.text);
    const alive = await passes(copy);
    writeFileSync(place, original);
    if (alive) survived.push(mutant);
    say(`${n + 1}/${mutants.length}  ${alive ? 'survived' : 'killed  '}  ${relative('.', join(FOLDER, mutant.file))}:${mutant.line}  ${mutant.name}`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

const reasonOf = (name: string) => survivors.find(({ mutant }) => mutant === name)?.reason;
const unexplained = survived.filter(({ name }) => reasonOf(name) === undefined);
const gone = survivors.filter(({ mutant }) => mutants.some(({ name }) => name === mutant) && !survived.some(({ name }) => name === mutant));
if (asked.json) {
  const report = survived.map(({ name, file, line }) => ({ mutant: name, place: `${FOLDER}/${file}:${line}`, reason: reasonOf(name) ?? null }));
  process.stdout.write(`${JSON.stringify({ mutants: mutants.length, killed: mutants.length - survived.length, survivors: report })}\n`);
} else {
  process.stdout.write(`${mutants.length} checks switched off, ${mutants.length - survived.length} missed by a test, ${survived.length} survived\n`);
  for (const { name, file, line } of survived) process.stdout.write(`${FOLDER}/${file}:${line}  ${name}: ${reasonOf(name) ?? 'no reason given'}\n`);
}
for (const { mutant } of gone) say(`${mutant} survives no more: take it out of survivors.json`);
process.exitCode = unexplained.length + gone.length > 0 ? 1 : 0;
