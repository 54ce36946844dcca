/** Writes schemas/canonical/*.json, the schemas that events name in `dataschema`; `--check` refuses drift instead. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENT_TYPES } from '../src/core/canonical.ts';
import { CANONICAL } from '../src/events/documents.ts';

const folder = new URL('../schemas/canonical/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const type of DOCUMENT_TYPES) {
  const file = new URL(`${type}.json`, folder);
  const text = `${JSON.stringify(CANONICAL[type].schema, null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`schemas/canonical/${type}.json is not current: run npm run gen\n`);
    process.exitCode = 1;
  }
}
