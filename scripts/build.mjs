/**
 * `npm run build`: compiles src to dist for the image and the package. A checkout needs no build: it runs src.
 *
 * dist stands where src stands, so that a path relative to a module (mappings, schemas, migrations) is right in both.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './setup.mjs';

/** What modules read at run time beside themselves. */
const ASSETS = /\.(sql|json|yaml|txt)$/;

const source = join(root, 'src');
const target = process.argv[2] ?? join(root, 'dist');

ensureInstalled();
rmSync(target, { recursive: true, force: true });
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', target], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(1);
for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
  if (ASSETS.test(file)) cpSync(join(source, file), join(target, file));
}
