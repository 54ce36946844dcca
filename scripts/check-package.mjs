/**
 * Builds the package in a folder of its own, as the image does, and runs it there: what works in the checkout through
 * tsx must work as compiled JavaScript too, with no source and no file of the checkout near it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'quayside-package-'));
const { version, files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function run(what, args, isRight) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH } });
  if (status === 0 && isRight(stdout)) return;
  process.stdout.write(`${what}: exit code ${status}\n${stdout}${stderr}`);
  process.exitCode = 1;
}

try {
  run('build', [join(root, 'scripts', 'build.mjs'), join(folder, 'dist')], () => true);
  for (const path of ['package.json', ...files.filter((name) => name !== 'dist')]) cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (process.exitCode !== 1) {
    const document = join('fixtures', 'demo', 'documents', 'acme', '855.edi');
    run('--version', [join('bin', 'quayside.mjs'), '--version'], (out) => out.trim() === version);
    run('translate', [join('bin', 'quayside.mjs'), 'translate', document, '--partner', 'acme'], (out) => JSON.parse(out).subject === '47110001');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
