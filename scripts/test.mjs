/**
 * `npm test`: sets everything up, runs every test, and ends with one line that counts them: `N passed, N failed`.
 *
 * The counts are vitest's own, from its JSON report. Whatever went wrong outside a test (a file that does not load, an
 * unhandled rejection, a crash, no test at all) counts as at least one failure: the last line never flatters.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTests } from './count-tests.mjs';
import { ensureInstalled, root } from './setup.mjs';

ensureInstalled();
const folder = mkdtempSync(join(tmpdir(), 'quayside-test-'));
const report = join(folder, 'report.json');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)];
const child = spawn(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  const { passed, failed, reason } = countTests(readReport(), code);
  rmSync(folder, { recursive: true, force: true });
  if (reason !== undefined) process.stdout.write(`${reason}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
});

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}
