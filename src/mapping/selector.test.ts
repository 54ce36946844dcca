import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import { parseCondition } from './condition-syntax.ts';
import { beginReads } from './reads.ts';
import {
  compileAllValues,
  compileCondition,
  compileSpots,
  compileValue,
  type Effort,
  EffortSpent,
  NO_ELEMENT,
  segmentAt,
  spotOf,
} from './selector.ts';
import { parseSelector, type Selector } from './selector-syntax.ts';

interface Nest {
  segments: string[];
  loops?: Nest[];
}

let ordinal = 0;
function segmentOf(text: string): SourceSegment {
  const [id = '', ...elements] = text.split('*');
  const value = (element: number, component?: number, repetition?: number): string => {
    const whole = elements[element - 1] ?? '';
    const repeated = repetition === undefined ? whole : (whole.split('^')[repetition - 1] ?? '');
    return component === undefined ? repeated : (repeated.split(':')[component - 1] ?? '');
  };
  return {
    id,
    ordinal: ++ordinal,
    offset: ordinal * 100,
    size: elements.length,
    value,
    isEmpty: (e) => (elements[e - 1] ?? '') === '',
    offsetOf: (e) => ordinal * 100 + e,
    components: () => 1,
    repetitions: () => 1,
  };
}
function loopOf({ segments, loops = [] }: Nest, parent: SourceLoop | null = null): SourceLoop {
  const own = segments.map(segmentOf);
  const loop = { id: own[0]?.id ?? '', segments: own, loops: [] as SourceLoop[], parent };
  for (const inner of loops) loop.loops.push(loopOf(inner, loop));
  return loop;
}

const effortOn = (root: SourceLoop, left = 100_000): Effort => ({
  left,
  root: spotOf(root),
  fromRoot: new Map(),
  reads: beginReads(1, 1000),
  pairs: { segment: undefined, qualifiers: [] },
  segment: undefined,
  name: NO_ELEMENT,
});
function selector(text: string): Selector {
  const parsed = parseSelector(text, 'x12');
  if ('fault' in parsed) throw new Error(parsed.fault.message);
  return parsed.selector;
}
const read = (text: string, at: SourceLoop, root = at) => compileValue(selector(text))(spotOf(at), effortOn(root)) || undefined;

const order = loopOf({
  segments: ['ST*855', 'BAK*00*AC*PO-1', 'REF*CO*first', 'REF*VN*second', 'REF*VN*third', 'REF*ZZ**a^b:c^d', 'DTM*017*20261130'],
  loops: [
    { segments: ['N1*BY*Buyer'] },
    { segments: ['N1*ST*Plant*92*P-2', 'N3*Road 1', 'N4*Duluth*MN'] },
    {
      segments: ['PO1*1*10*EA*1.5**VP*V-1*BP*B-1', 'PID*F****Bolt'],
      loops: [{ segments: ['ACK*IA*6', 'DTM*068*20261109'] }, { segments: ['ACK*IB*4'] }],
    },
    { segments: ['PO1*2*20*EA'], loops: [] },
  ],
});
const [, , line, bare] = order.loops as [SourceLoop, SourceLoop, SourceLoop, SourceLoop];

describe('a value selector', () => {
  test.each([
    ['BAK03', 'PO-1'],
    ['REF(VN)02', 'second'],
    ['REF(SO|VN)02', 'second'],
    ['REF(01!=CO)02', 'second'],
    ['REF(#3)02', 'third'],
    ['REF(VN,#2)02', 'third'],
    ['N1(ST)/N401', 'Duluth'],
    ['N1(ST)/N104', 'P-2'],
    ['N1(ST)04', 'P-2'],
    ['N1(03=1|92)/N104', 'P-2'],
    ['PO1(#2)02', '20'],
    ['REF(ZZ)03(2)', 'b:c'],
    ['REF(ZZ)03-2(2)', 'c'],
    ['//DTM(068)02', '20261109'],
  ])('%s reads %s', (text, value) => {
    expect(read(text, order)).toBe(value);
  });

  test.each([
    ['PO102', '10'],
    ['PO1.BP', 'B-1'],
    ['PO1.VP', 'V-1'],
    ['ACK02', '6'],
    ['ACK(#2)02', '4'],
    ['ACK(IB)02', '4'],
    ['/DTM(017)02', '20261130'],
    ['/N1(ST)/N401', 'Duluth'],
  ])('in a loop, %s reads %s', (text, value) => {
    expect(read(text, line, order)).toBe(value);
  });

  test('never takes the next line for a segment that is missing in this one', () => {
    expect(read('PID05', bare, order)).toBeUndefined();
    expect(read('ACK02', bare, order)).toBeUndefined();
    expect(read('PO1.BP', bare, order)).toBeUndefined();
    expect(read('N1(BY)/N401', order)).toBeUndefined();
  });

  test('^ climbs to the nearest enclosing loop', () => {
    expect(read('^PO1/PO102', line.loops[1] as SourceLoop, order)).toBe('10');
    expect(read('^PO1/PO102', line, order)).toBeUndefined();
    expect(read('^HL(O)/PRF01', line, order)).toBeUndefined();
  });

  test('what was read last says where it stands', () => {
    const effort = effortOn(order);
    expect(compileValue(selector('PO1.BP'))(spotOf(line), effort)).toBe('B-1');
    expect(effort.name).toMatchObject({ element: 9 });
    expect(effort.segment).toBe(line.segments[0]);
  });
});

test('a loop selector finds all, own segments and inner loops, and a trigger only where nothing inside has its name', () => {
  const spots = (text: string, at: SourceLoop) => compileSpots(selector(text))(spotOf(at), effortOn(order)).map((spot) => segmentAt(spot)?.value(1));
  expect(spots('PO1', order)).toEqual(['1', '2']);
  expect(spots('PO1/ACK', order)).toEqual(['IA', 'IB']);
  expect(spots('REF(VN)', order)).toEqual(['VN', 'VN']);
  expect(spots('PO1', line)).toEqual(['1']);
  expect(spots('//DTM', order)).toEqual(['017', '068']);
  expect(spots('SAC', order)).toEqual([]);
  expect(compileAllValues(selector('//ACK02'))(spotOf(order), effortOn(order)).map((hit) => hit.text)).toEqual(['6', '4']);
});

test('a level of a hierarchy does not contain itself', () => {
  const tree = loopOf({
    segments: ['ST*856'],
    loops: [{ segments: ['HL*1**S'], loops: [{ segments: ['HL*2*1*O', 'REF*PO*1'] }, { segments: ['HL*3*1*O'] }] }],
  });
  const shipment = tree.loops[0] as SourceLoop;
  const numbers = (text: string) => compileSpots(selector(text))(spotOf(shipment), effortOn(tree)).map((spot) => segmentAt(spot)?.value(1));
  expect([numbers('HL'), numbers('//HL'), numbers('HL(O)/REF')]).toEqual([['2', '3'], ['2', '3'], ['PO']]);
  expect(read('HL01', shipment, tree)).toBe('1');
});

test('conditions test values, their absence, and existence', () => {
  const holds = (text: string) => {
    const parsed = parseCondition(text, 'x12');
    if ('fault' in parsed) throw new Error(parsed.fault.message);
    return compileCondition(parsed.condition)(spotOf(order), effortOn(order));
  };
  expect(['BAK02 = AC|AD', 'BAK02 != AD', 'REF(VN)02', 'PO1', 'PO1/ACK(IB)', 'CUR02 != USD'].map(holds)).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(['BAK02 = AD', 'CUR02', 'SAC', 'REF(ZZ)02'].map(holds)).toEqual([false, false, false, false]);
});

test.each([
  ['bak03', 'did you mean "BAK03"?'],
  ['REF(VN', undefined],
  ['N1(ST)/', undefined],
  ['BAK00', undefined],
  ['BAK.VP', undefined],
  ['PO1.VP/N1', undefined],
  ['REF()02', undefined],
  ['REF(#0)02', undefined],
  ['', undefined],
  ['A/B/C', undefined],
])('the selector "%s" is refused', (text, hint) => {
  const parsed = parseSelector(text, 'x12');
  expect('fault' in parsed && parsed.fault.expected).toContain('BAK03');
  if (hint !== undefined) expect('fault' in parsed && parsed.fault.hint).toBe(hint);
});

test('any text gives a selector or a fault, at once', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[A-Z0-9()|=/^.#-]{0,60}$/)), (text) => void parseSelector(text, 'x12')));
});

test('a hostile nesting is walked without recursion, and effort is bounded', () => {
  const bare = (text: string, parent: SourceLoop | null) => ({ ...loopOf({ segments: [text] }), parent, loops: [] as SourceLoop[] });
  const root = bare('ST*856', null);
  let parent = root;
  for (let i = 0; i < 20_000; i++) {
    const loop = bare(`HL*${i}**I`, parent);
    parent.loops.push(loop);
    parent = loop;
  }
  expect(compileSpots(selector('//HL(I)'))(spotOf(root), effortOn(root))).toHaveLength(20_000);
  expect(() => compileSpots(selector('//HL(I)'))(spotOf(root), effortOn(root, 1000))).toThrow(EffortSpent);
});
