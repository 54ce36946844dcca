import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder;
const at = (...steps) => join(folder, ...steps);
const lockFile = (version) =>
  JSON.stringify({ packages: { '': {}, 'node_modules/yaml': { version }, 'node_modules/fsevents': { version: '2.0.0', optional: true } } });

/** Runs ensureInstalled there, with an npm that only writes down what it was asked and what it would have installed. */
function ensure({ npmFails = false } = {}) {
  const npm = at('npm-cli.js');
  const install = `mkdirSync('node_modules', { recursive: true }); copyFileSync('package-lock.json', 'node_modules/.package-lock.json');`;
  const calls = `appendFileSync(${JSON.stringify(at('calls'))}, process.argv.slice(2).join(' ') + '\\n');`;
  writeFileSync(
    npm,
    `const { appendFileSync, copyFileSync, mkdirSync } = require('node:fs');\n${calls}\n${npmFails ? 'process.exit(7);' : install}\nprocess.stdout.write('added 1 package\\n');\n`,
  );
  const script = `import { ensureInstalled } from ${JSON.stringify(new URL('./setup.mjs', import.meta.url).href)}; ensureInstalled(${JSON.stringify(folder)}); process.stdout.write('ready');`;
  const options = { encoding: 'utf8', env: { ...process.env, npm_execpath: npm } };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options);
  const asked = existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [];
  return { status, stdout, stderr, asked };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quayside-setup-'));
  writeFileSync(at('package-lock.json'), lockFile('2.9.1'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('an empty clone is installed with one line of notice, and stdout stays the command’s own', () => {
  const { status, stdout, stderr, asked } = ensure();
  expect(status).toBe(0);
  expect(stdout).toBe('ready');
  expect(stderr).toContain('installing dependencies (npm ci)');
  expect(asked).toEqual([expect.stringMatching(/^ci --include=dev /)]);
});

test('the second time there is nothing to do and nothing is said', () => {
  ensure();
  const { stderr, asked } = ensure();
  expect(stderr).toBe('');
  expect(asked).toHaveLength(1);
});

test('a changed lock file installs again', () => {
  ensure();
  writeFileSync(at('package-lock.json'), lockFile('2.10.0'));
  expect(ensure().asked).toHaveLength(2);
});

test('what a person installed is kept when it agrees with the lock file, optional packages of other platforms aside', () => {
  mkdirSync(at('node_modules'));
  writeFileSync(at('node_modules', '.package-lock.json'), JSON.stringify({ packages: { 'node_modules/yaml': { version: '2.9.1' } } }));
  expect(ensure()).toMatchObject({ status: 0, stderr: '', asked: [] });
});

test('an npm that fails ends the command with 75, and the next one tries again', () => {
  const { status, stdout, stderr } = ensure({ npmFails: true });
  expect(status).toBe(75);
  expect(stdout).toBe('');
  expect(stderr).toContain('npm ci failed with exit code 7');
  expect(ensure()).toMatchObject({ status: 0, asked: [expect.any(String), expect.any(String)] });
});
