/** `npm run corpus -- DIR [--json]`: every file that DIR/INDEX.tsv names, a line for each disagreement, then a summary; exit 1 on any. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkFile, readIndex } from './check-file.ts';

const words = process.argv.slice(2);
const json = words.includes('--json');
const [folder, ...more] = words.filter((word) => !word.startsWith('--'));
if (folder === undefined || more.length > 0) {
  process.stderr.write('expected one folder with an INDEX.tsv\n');
  process.exit(2);
}

const rows = readIndex(readFileSync(join(folder, 'INDEX.tsv'), 'utf8'));
const disagreements: { readonly file: string; readonly class: string; readonly found: readonly string[] }[] = [];
for (const row of rows) {
  const found = await checkFile(row, readFileSync(join(folder, row.file)));
  if (found.length === 0) continue;
  disagreements.push({ file: row.file, class: row.class, found });
  if (!json) for (const sentence of found) process.stdout.write(`${row.class} ${row.file}: ${sentence}\n`);
}
const summary = { files: rows.length, right: rows.length - disagreements.length };
process.stdout.write(json ? `${JSON.stringify({ ...summary, disagreements })}\n` : `${summary.right} of ${summary.files} files are read right\n`);
process.exitCode = rows.length === 0 || disagreements.length > 0 ? 1 : 0;
