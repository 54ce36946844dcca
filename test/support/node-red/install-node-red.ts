/**
 * Node-RED from npm, as the lock file beside this one has it: an endpoint that we did not write.
 *
 * Installed once for each lock, beside our own dependencies or in the temporary directory, never into them; no package may run an install
 * script. Without the registry the test fails and says how to get it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const PROGRAM = join('node_modules', 'node-red', 'red.js');

/** The path of red.js. */
export function installNodeRed(): string {
  const lock = createHash('sha256')
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .digest('hex');
  const target = join(cacheFolder(), `node-red-${lock.slice(0, 16)}`);
  if (existsSync(join(target, PROGRAM))) return join(target, PROGRAM);
  const work = mkdtempSync(`${target}-installing-`);
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(FOLDER, file), join(work, file));
    const words = ['ci', '--prefix', work, '--ignore-scripts', '--no-audit', '--no-fund'];
    const done = spawnSync('npm', words, { cwd: work, encoding: 'utf8', timeout: 600_000 });
    if (done.status !== 0) {
      const said = done.stderr.split('\n').filter((line) => line.startsWith('npm error'));
      const reason = done.error?.message ?? said.slice(0, 4).join(' · ');
      throw new Error(
        `The test needs Node-RED and could not get it (npm ${words.join(' ')}: ${reason}). It comes from the npm registry, as npm ci itself: make that reachable and run the test again.`,
      );
    }
    // Another run may have been faster: its copy is as good.
    if (!existsSync(join(target, PROGRAM))) renameSync(work, target);
    return join(target, PROGRAM);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));
  try {
    accessSync(modules, constants.W_OK);
    const folder = join(modules, '.cache', 'quayside');
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    const folder = join(tmpdir(), `quayside-cache-${process.getuid?.() ?? 0}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}
