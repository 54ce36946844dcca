/** The docs and the repository agree where a machine can tell. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fileAt, filesUnder } from './source-files.ts';

interface PackageFile {
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const packageFile: PackageFile = JSON.parse(fileAt('package.json'));
const pages = [
  ...filesUnder('docs', /\.md$/),
  ...filesUnder('.', /^[A-Z]+\.md$/),
  ...filesUnder('fixtures/demo', /\.md$/),
  ...filesUnder('src', /\.md$/),
];

describe('docs/dependencies.md', () => {
  const justified = [...fileAt('docs/dependencies.md').matchAll(/^\| (`[^|]+`) \|/gm)].flatMap((row) =>
    [...(row[1] ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1] ?? ''),
  );

  test('justifies every dependency of package.json and no other', () => {
    const installed = [...Object.keys(packageFile.dependencies), ...Object.keys(packageFile.devDependencies)];
    expect(justified.sort()).toEqual(installed.sort());
  });
});

describe('decisions', () => {
  const decisions = filesUnder('docs/decisions', /\.md$/);

  test('are numbered from 0001 without a gap, and carry their number as a heading', () => {
    const numbers = decisions.map(({ path }) => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]);
    expect(numbers).toEqual(decisions.map((_, index) => String(index + 1).padStart(4, '0')));
    for (const [index, { text }] of decisions.entries()) expect(text.startsWith(`# ${numbers[index]}. `)).toBe(true);
  });

  test('are the only ones that are referred to', () => {
    for (const { path, text } of pages) {
      for (const [, number] of text.matchAll(/\bdecision (\d{4})\b/g))
        expect(
          decisions.some((decision) => decision.path.includes(`/${number}-`)),
          `${path}: decision ${number}`,
        ).toBe(true);
    }
  });
});

test('every npm script that the docs name exists, and every script is named in the docs', () => {
  const named = pages.flatMap(({ text }) => [...text.matchAll(/\bnpm (?:run ([a-z:]+)|(test))\b/g)].map((match) => match[1] ?? match[2] ?? ''));
  expect(named.filter((name) => packageFile.scripts[name] === undefined)).toEqual([]);
  expect(Object.keys(packageFile.scripts).filter((name) => !named.includes(name))).toEqual([]);
});

test('every link from one page to a file leads somewhere', () => {
  const broken = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((link) => link[1] ?? '')
      .filter((target) => !existsSync(fileURLToPath(new URL(target, new URL(path, new URL('../../', import.meta.url))))))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});
