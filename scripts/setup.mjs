/**
 * Installs the dependencies of a checkout when they are missing or not those of package-lock.json, so that every
 * command of the README works in an empty clone. Plain JavaScript on Node's builtins only: nothing else is there yet.
 *
 * Cheap when there is nothing to do: one hash of the lock file against a stamp. What a person installed by hand is
 * kept if it agrees with the lock file.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];
/** sysexits.h EX_UNAVAILABLE: something that we depend on is not there. */
const EXIT_UNAVAILABLE = 75;

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Returns when the dependencies are there; ends the process when they cannot be had. Writes to stderr only. */
export function ensureInstalled(folder = root) {
  refuseOldNode();
  const lock = readFileSync(join(folder, 'package-lock.json'));
  const stamp = createHash('sha256').update(lock).digest('hex');
  const stampFile = join(folder, 'node_modules', '.quayside-stamp');
  if (readIfThere(stampFile) === stamp) return;
  if (!agreesWith(folder, JSON.parse(lock.toString()))) install(folder);
  writeFileSync(stampFile, stamp);
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(`expected Node ${OLDEST_NODE.join('.')} or newer, found ${process.versions.node}`);
}

/** npm keeps a list of what it really installed; optional packages of other platforms are not in it. */
function agreesWith(folder, lock) {
  const text = readIfThere(join(folder, 'node_modules', '.package-lock.json'));
  if (text === undefined) return false;
  const installed = JSON.parse(text).packages;
  return Object.entries(lock.packages).every(
    ([path, wanted]) => path === '' || wanted.optional === true || installed[path]?.version === wanted.version,
  );
}

function install(folder) {
  process.stderr.write('quayside: installing dependencies (npm ci), about 20 seconds, once\n');
  // Under `npm run` the running npm says where it is; NODE_ENV=production must not leave out what a checkout runs on.
  const npm = process.env.npm_execpath;
  const byPath = npm !== undefined && /npm-cli\.[cm]?js$/.test(npm) && existsSync(npm);
  const args = ['ci', '--include=dev', '--no-progress', '--loglevel=error'];
  const result = spawnSync(byPath ? process.execPath : 'npm', byPath ? [npm, ...args] : args, {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: !byPath && process.platform === 'win32',
  });
  if (result.error !== undefined) fail(`npm could not be started: ${result.error.message}`);
  if (result.status !== 0) fail(`npm ci failed with ${result.signal ?? `exit code ${result.status}`}; see its lines above`);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function fail(message) {
  process.stderr.write(`quayside: ${message}\n`);
  process.exit(EXIT_UNAVAILABLE);
}
