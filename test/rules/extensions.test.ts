/** What is promised of every channel, format and destination, whoever adds it. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CHANNELS } from '../../src/channels/_registry.ts';
import { compileSchema } from '../../src/core/schema-check.ts';
import { DESTINATIONS } from '../../src/destinations/_registry.ts';
import { FORMATS } from '../../src/formats/_registry.ts';

const KINDS = [
  { folder: 'channels', kind: 'channel', registry: CHANNELS },
  { folder: 'formats', kind: 'format', registry: FORMATS },
  { folder: 'destinations', kind: 'destination', registry: DESTINATIONS },
] as const;

const pathOf = (...steps: string[]): string => fileURLToPath(new URL(`../../src/${steps.join('/')}`, import.meta.url));

describe.each(KINDS)('$folder', ({ folder, kind, registry }) => {
  const names = readdirSync(pathOf(folder), { withFileTypes: true }).filter((entry) => entry.isDirectory());

  test('the registry has every folder, under its name', () => {
    expect([...registry.keys()].sort()).toEqual(names.map((entry) => entry.name).sort());
  });

  test.each([...registry.entries()])('%s has a descriptor, options, tests and a README', (name, spec) => {
    expect(spec.kind).toBe(kind);
    expect(spec.summary).toMatch(/^[A-Z].*\.$/);
    for (const file of [`${kind}.ts`, 'options.ts', 'README.md'])
      expect(existsSync(pathOf(folder, name, file)), `${folder}/${name}/${file}`).toBe(true);
    expect(readdirSync(pathOf(folder, name), { recursive: true, encoding: 'utf8' }).some((file) => file.endsWith('.test.ts'))).toBe(true);
  });

  test.each([...registry.entries()])('%s has examples, each valid by its own schema', (_name, spec) => {
    const check = compileSchema(spec.options);
    expect(spec.examples.length).toBeGreaterThan(0);
    for (const example of spec.examples) expect(check(example.options), example.title).toEqual([]);
  });

  test.each([...registry.entries()])('%s refuses an option that it does not know', (_name, spec) => {
    const check = compileSchema(spec.options);
    for (const example of spec.examples) expect(check({ ...(example.options as object), surelyUnknown: 1 }), example.title).not.toEqual([]);
  });
});
