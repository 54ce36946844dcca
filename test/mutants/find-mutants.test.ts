import { describe, expect, it } from 'vitest';
import { fileAt, filesUnder } from '../rules/source-files.ts';
import { findMutants } from './find-mutants.ts';
import listed from './survivors.json' with { type: 'json' };

const survivors: readonly { readonly mutant: string; readonly reason: string }[] = listed;
const textsOf = (source: string) => findMutants('a.ts', source).map(({ text }) => text);

describe('findMutants', () => {
  it.each([
    ['a call', "if (x) report('ERR_X12_A', 1);", 'if (x) ;'],
    ['what is returned', "function f() { return { code: 'ERR_X12_A' }; }", 'function f() { return undefined; }'],
    ['what is passed on later', "{ const f = make('ERR_X12_A'); other(); push(f); }", "{ const f = make('ERR_X12_A'); other(); ; }"],
    ['what an arrow gives', "const f = () => make('ERR_X12_A');", 'const f = () => (undefined as never);'],
  ])('switches off %s', (_, source, expected) => {
    expect(textsOf(source)).toEqual([expected]);
  });

  it.each(["if (code === 'ERR_X12_A') go();", "if (isChecked('ERR_X12_A')) go();", "type A = 'ERR_X12_A';", 'const TABLE = { ERR_X12_A: 1 };'])(
    'leaves alone what reports nothing: %s',
    (source) => {
      expect(textsOf(source)).toEqual([]);
    },
  );

  it('names places by file, code and number, so that other lines may come and go', () => {
    const source = "report('ERR_X12_A');\nreport('ERR_X12_B');\nreport('ERR_X12_A');\n";
    expect(findMutants('a.ts', source).map(({ name, line }) => [name, line])).toEqual([
      ['a.ts ERR_X12_A 1', 1],
      ['a.ts ERR_X12_B 1', 2],
      ['a.ts ERR_X12_A 2', 3],
    ]);
  });
});

describe('survivors.json', () => {
  const files = filesUnder('src/formats/x12', /(?<!\.test)\.ts$/).map(({ path }) => path);
  const names = new Set(files.flatMap((path) => findMutants(path.replace('src/formats/x12/', ''), fileAt(path)).map(({ name }) => name)));

  it('names places that exist, each with a reason', () => {
    expect(names.size).toBeGreaterThan(50);
    for (const { mutant, reason } of survivors) {
      expect(names).toContain(mutant);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});
