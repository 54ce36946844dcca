/** Writes schemas/mapping*.json, by which editors complete and check mapping files; `--check` refuses drift instead. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { CANONICAL } from '../src/events/documents.ts';
import { editorSchemaFor } from '../src/mapping/editor-schema.ts';

const SOURCES = [
  { name: 'x12-855', target: CANONICAL.order_acknowledgment },
  { name: 'x12-856', target: CANONICAL.ship_notice },
  { name: 'x12-810', target: CANONICAL.invoice },
];

const folder = new URL('../schemas/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const { name, target } of SOURCES) {
  const file = new URL(`mapping.${name}.json`, folder);
  const text = `${JSON.stringify(editorSchemaFor(name, target), null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`schemas/mapping.${name}.json is not current: run npm run gen\n`);
    process.exitCode = 1;
  }
}
