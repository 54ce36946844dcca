/** The error table, the code and the page of errors say the same. */
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/core/errors/errors.ts';
import { fileAt, filesUnder } from './source-files.ts';

const CODE = /\bERR_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g;
/** Names that Node and its libraries give their own errors, which we read and do not raise. */
const NODE_CODES = /^ERR_(TLS|SSL|HTTP|HTTP2|INVALID|SOCKET|STREAM|MODULE|UNHANDLED|OUT|IPC|CRYPTO|BUFFER)_/;

const codes = Object.keys(ERRORS);
const production = filesUnder('src', /\.ts$/).filter(({ path }) => !/\.test\.ts$/.test(path));
const raisers = production.filter(({ path }) => !/^src\/core\/errors\/[a-z0-9]+-errors\.ts$/.test(path));
const mentioned = (text: string): string[] => (text.match(CODE) ?? []).filter((code) => !NODE_CODES.test(code));

test('every code of the table is raised somewhere', () => {
  const raised = new Set(raisers.flatMap(({ text }) => mentioned(text)));
  expect(codes.filter((code) => !raised.has(code))).toEqual([]);
});

test('every code that the code, the docs or a README mentions is in the table', () => {
  const pages = [...filesUnder('docs', /\.md$/), ...filesUnder('.', /^[A-Z]+\.md$/), ...filesUnder('src', /\.md$/)];
  const unknown = [...production, ...pages].flatMap(({ path, text }) =>
    mentioned(text).flatMap((code) => (codes.includes(code) ? [] : [`${path}: ${code}`])),
  );
  expect(unknown).toEqual([]);
});

test('docs/errors.md lists every code and no other', () => {
  const documented = [...fileAt('docs/errors.md').matchAll(/^\| `(ERR_[A-Z0-9_]+)` \|/gm)].map((match) => match[1] ?? '');
  expect(documented.sort()).toEqual([...codes].sort());
});

test('every entry says what happened and what to do, in whole sentences', () => {
  for (const [code, { summary, remedy, http }] of Object.entries(ERRORS)) {
    expect(summary, code).toMatch(/^[A-Z].*\.$/);
    expect(remedy, code).toMatch(/^\S.*\.$/);
    expect(http, code).toBeGreaterThanOrEqual(400);
  }
});
