/**
 * Selectors as partner guides print them, read into a small tree: `BAK03`, `N1(ST)/N401`, `^HL(O)/PRF01`, `PO1.VP`.
 *
 * Paths, axes and tests are common to all formats; what a step may be called and how a value is named in it is the skin of one format.
 */

export interface Test {
  /** 1-based element of the step's segment. */
  readonly element: number;
  readonly values: readonly string[];
  readonly negated: boolean;
}

export interface Step {
  /** `child`: own segments and loops directly inside; `descendant`: at any depth below. */
  readonly axis: 'child' | 'descendant';
  /** A segment's, which is its loop's too. */
  readonly id: string;
  readonly tests: readonly Test[];
  /** 1-based position among those that pass the tests. */
  readonly nth?: number | undefined;
}

export interface ElementName {
  readonly kind: 'element';
  readonly element: number;
  readonly component?: number | undefined;
  readonly repetition?: number | undefined;
}

export type ValueName =
  | ElementName
  /** The value that follows this qualifier in the segment's pairs, wherever the pair sits. */
  | { readonly kind: 'pair'; readonly qualifier: string; readonly start: number };

export type Selector =
  | {
      readonly kind: 'path';
      readonly text: string;
      /** Where the path starts: the current loop, the document's root, or the nearest enclosing loop that the first step names. */
      readonly origin: 'here' | 'root' | 'enclosing';
      readonly steps: readonly Step[];
      /** Absent where the selector names loops or segments, not a value. */
      readonly value?: ValueName | undefined;
    }
  /** `@part`: which of the parts, counted from 1, that a code expanded into. */
  | { readonly kind: 'part'; readonly text: string };

export interface SelectorFault {
  readonly message: string;
  readonly expected: string;
  readonly hint?: string | undefined;
}

/** How one format names steps and values. Further formats add theirs. */
interface Skin {
  readonly step: RegExp;
  readonly example: string;
  /** Qualifiers stand here when a test names no element. */
  qualifierOf(id: string): number;
  /** Whether segments of that name are told apart by a qualifier: reports name it. */
  isQualified(id: string): boolean;
  /** First element of the segment's qualifier and value pairs; undefined where it has none. */
  pairsOf(id: string): number | undefined;
}

/** Where product/service id pairs begin (X12 data elements 235 and 234). */
const PAIR_STARTS: Readonly<Record<string, number>> = { PO1: 6, IT1: 6, LIN: 2, ACK: 7, SLN: 9, POC: 8 };

/** Segments whose qualifier says what the rest of them is. */
const QUALIFIED = new Set('AMT CUR DTM G62 HL ITD LQ MAN MEA N1 N9 PER PID PWK QTY REF SAC SDQ TXI'.split(' '));

const x12: Skin = {
  // id, tests in round brackets, then `.VP` or element, component, repetition
  step: /^([A-Z][A-Z0-9]{1,2})(?:\(([^()]*)\))?(?:\.([A-Z0-9]{2})|(\d{2})(?:-(\d{1,2}))?(?:\((\d{1,3})\))?)?$/,
  example: 'BAK03, REF(VN)02, N1(ST)/N401 or PO1.VP',
  qualifierOf: (id) => (id === 'HL' ? 3 : 1),
  isQualified: (id) => QUALIFIED.has(id),
  pairsOf: (id) => PAIR_STARTS[id],
};
export const SKINS = { x12 } as const;
export type SkinName = keyof typeof SKINS;
export const SKIN_NAMES = Object.keys(SKINS) as SkinName[];

const MAX_STEPS = 8;

export function parseSelector(text: string, skinName: SkinName): { selector: Selector } | { fault: SelectorFault } {
  const skin = SKINS[skinName];
  const refuse = (message: string, hint?: string) => ({ fault: { message: `${message} in selector "${text}"`, expected: skin.example, hint } });
  const source = text.trim();
  if (source === '@part') return { selector: { kind: 'part', text: source } };
  let rest = source;
  let origin: 'here' | 'root' | 'enclosing' = 'here';
  let axis: Step['axis'] = 'child';
  if (rest.startsWith('^')) [origin, rest] = ['enclosing', rest.slice(1)];
  else if (rest.startsWith('//')) [axis, rest] = ['descendant', rest.slice(2)];
  else if (rest.startsWith('/')) [origin, rest] = ['root', rest.slice(1)];

  const steps: Step[] = [];
  let value: ValueName | undefined;
  for (const [index, piece] of splitSteps(rest).entries()) {
    if (value !== undefined) return refuse('expected the value at the end of the path, found more steps');
    if (index > 0) axis = piece.axis;
    const match = skin.step.exec(piece.text);
    if (match === null) {
      const upper = piece.text.toUpperCase();
      const hint = upper !== piece.text && skin.step.test(upper) ? `did you mean "${source.replace(piece.text, upper)}"?` : undefined;
      return refuse(`expected a segment such as ${skin.example}, found "${piece.text}"`, hint);
    }
    const [, id = '', tests, pair, element, component, repetition] = match;
    const read = tests === undefined ? { tests: [], nth: undefined } : parseTests(tests, skin.qualifierOf(id));
    if (typeof read === 'string') return refuse(read);
    steps.push({ axis, id, ...read });
    if (pair !== undefined) {
      const start = skin.pairsOf(id);
      if (start === undefined) return refuse(`${id} has no product-id pairs`);
      value = { kind: 'pair', qualifier: pair, start };
    } else if (element !== undefined) {
      if (Number(element) === 0) return refuse('elements count from 01, found 00');
      value = { kind: 'element', element: Number(element), component: numberOrNone(component), repetition: numberOrNone(repetition) };
    }
  }
  if (steps.length > MAX_STEPS) return refuse(`expected at most ${MAX_STEPS} steps, found ${steps.length}`);
  return { selector: { kind: 'path', text: source, origin, steps, value } };
}

const numberOrNone = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));

/** Splits at `/` and `//` outside brackets; no character is lost. */
function splitSteps(path: string): { axis: Step['axis']; text: string }[] {
  const pieces: { axis: Step['axis']; text: string }[] = [];
  let axis: Step['axis'] = 'child';
  let start = 0;
  let inside = false;
  for (let i = 0; i <= path.length; i++) {
    const sign = path[i];
    if (sign === '(') inside = true;
    else if (sign === ')') inside = false;
    else if (sign === undefined || (sign === '/' && !inside)) {
      pieces.push({ axis, text: path.slice(start, i) });
      axis = path[i + 1] === '/' ? 'descendant' : 'child';
      if (axis === 'descendant') i++;
      start = i + 1;
    }
  }
  return pieces;
}

/** `VN`, `VN|SO`, `03=1|9`, `01!=ST`, `#2`, several with commas. */
function parseTests(text: string, qualifier: number): { tests: Test[]; nth: number | undefined } | string {
  const tests: Test[] = [];
  let nth: number | undefined;
  for (const part of text.split(',')) {
    const match = /^\s*(?:#(\d{1,6})|(?:(\d{2})\s*(!?=)\s*)?([^=!#|]+(?:\|[^=!#|]+)*))\s*$/.exec(part);
    if (match === null) return `expected a qualifier such as VN, VN|SO, 03=92 or #1, found "(${text})"`;
    const [, position, element, operator, values = ''] = match;
    if (position !== undefined) nth = Number(position);
    else
      tests.push({
        element: element === undefined ? qualifier : Number(element),
        values: values.split('|').map((value) => value.trim()),
        negated: operator === '!=',
      });
  }
  if (nth === 0) return 'positions count from #1, found #0';
  return { tests, nth };
}
