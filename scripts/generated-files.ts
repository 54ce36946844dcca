/**
 * What every generator ends with: write the files it made, or with `--check` name those that differ and exit 1.
 *
 * Text is compared as a whole, so that a generated file can have no edit of a person in it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `files` maps a path from the root of the checkout to its text. */
export function writeOrCheck(files: ReadonlyMap<string, string>): void {
  const stale = [...files].filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text);
  const check = process.argv.includes('--check');
  for (const [path, text] of stale) {
    process.stdout.write(check ? `stale: ${path}\n` : `written: ${path}\n`);
    if (check) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  if (check && stale.length > 0) process.exitCode = 1;
}
