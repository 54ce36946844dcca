/** The examples in partners/README.md and queues/README.md are a site that lints. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { EXTENSIONS, STANDARD_MAPPINGS } from '../../src/app.ts';
import { loadCatalog } from '../../src/pipeline/catalog.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Each block of YAML after a line that names its file. */
function examplesIn(page: string): { file: string; text: string }[] {
  const found = readFileSync(join(ROOT, page), 'utf8').matchAll(/^`([^`\n]+\.yaml)`:\n\n```yaml\n([\s\S]*?)^```/gm);
  return [...found].map(([, file = '', text = '']) => ({ file, text }));
}

it('the examples of partner and queue files lint, together and without a warning', () => {
  const home = mkdtempSync(join(tmpdir(), 'quayside-examples-'));
  const examples = ['partners/README.md', 'queues/README.md'].flatMap(examplesIn);
  expect(examples.map((example) => example.file)).toEqual([
    'partners/northwind/partner.yaml',
    ...['queues/erp-test.yaml', 'queues/orders-api.yaml', 'queues/warehouse-flow.yaml'],
  ]);
  for (const { file, text } of examples) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), text);
  }
  const { catalog, problems } = loadCatalog({ home, extensions: EXTENSIONS, standardMappings: STANDARD_MAPPINGS });
  rmSync(home, { recursive: true, force: true });
  expect(problems).toEqual([]);
  expect([...catalog.partners.keys(), ...catalog.endpoints.keys()]).toEqual(['northwind', 'erp-test', 'orders-api', 'warehouse-flow']);
});
