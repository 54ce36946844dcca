/** 856: levels and children of HL, and the container numbers (SSCC-18) of MAN. */
import type { LoopNode } from './build-loops.ts';
import { CODE_LISTS } from './code-lists.ts';
import { type Report, shown } from './fault.ts';
import type { X12Segment } from './segment.ts';

const LEVELS = CODE_LISTS.level ?? {};

/** `tree`: nested by HL02 already. */
export function checkShipment(tree: LoopNode, report: Report): void {
  const seen = new Map<string, LoopNode>();
  walk(tree, false, seen, report);
}

function walk(loop: LoopNode, inItem: boolean, seen: Map<string, LoopNode>, report: Report): void {
  for (const child of loop.loops) {
    if (child.id !== 'HL') continue;
    const [hl] = child.segments;
    if (hl === undefined) continue;
    const level = hl.value(3).trim();
    const name = `HL ${hl.value(1).trim()}`;
    if (level !== '' && LEVELS[level] === undefined) {
      report('ERR_X12_HL_LEVEL', hl, 3, `${name} is of a level that is not known`, Object.keys(LEVELS).join(', '), shown(level));
    }
    const children = child.loops.some((inner) => inner.id === 'HL');
    const claimed = hl.value(4).trim();
    if ((claimed === '0' && children) || (claimed === '1' && !children)) {
      report('ERR_X12_HL_CHILD', hl, 4, `${name} ${children ? 'has children' : 'has no children'}`, children ? '1' : '0', shown(claimed));
    }
    for (const segment of child.segments) if (segment.id === 'MAN') checkMarks(segment as X12Segment, inItem ? undefined : { child, seen }, report);
    walk(child, inItem || level === 'I', seen, report);
  }
}

/** In S-O-I-P a carton of two items stands under each of them, rightly: only packs outside items must be different. */
interface Packs {
  readonly child: LoopNode;
  readonly seen: Map<string, LoopNode>;
}

function checkMarks(man: X12Segment, packs: Packs | undefined, report: Report): void {
  for (const [qualifier, element] of [
    [1, 2],
    [4, 5],
  ] as const) {
    const kind = man.value(qualifier).trim();
    if (kind !== 'GM' && kind !== 'AA') continue;
    for (const at of [element, element + 1]) {
      const value = man.value(at).trim();
      if (value === '') continue;
      const sscc = checkNumber(man, at, kind, value, report);
      if (sscc === undefined || packs === undefined || at !== element) continue;
      const owner = packs.seen.get(sscc);
      if (owner === undefined) packs.seen.set(sscc, packs.child);
      else if (owner !== packs.child) {
        const other = `HL ${owner.segments[0]?.value(1).trim()}`;
        report('ERR_X12_SSCC_REPEATED', man, at, `SSCC ${sscc} stands on ${other} already`, 'a number of its own', shown(value));
      }
    }
  }
}

/** The 18 digits: behind GM an application identifier 00 comes first. */
function checkNumber(man: X12Segment, element: number, kind: string, value: string, report: Report): string | undefined {
  const expected = kind === 'GM' ? '20 digits: 00 and an SSCC-18' : '18 digits';
  const sscc = value.length === 20 && value.startsWith('00') ? value.slice(2) : value;
  if (!/^\d{18}$/.test(sscc) || value.length !== (kind === 'GM' ? 20 : 18)) {
    report('ERR_X12_SSCC', man, element, `the mark of MAN ${kind} is not as it must be`, expected, shown(value));
    return /^\d{18}$/.test(sscc) ? sscc : undefined;
  }
  const digit = checkDigit(sscc);
  if (sscc.endsWith(digit)) return sscc;
  report('ERR_X12_SSCC', man, element, `the check digit of SSCC ${sscc} is wrong`, `${digit} at its end`, shown(value));
  return sscc;
}

/** GS1: from the right, threefold and simple by turns; what is missing to a full ten. */
function checkDigit(sscc: string): string {
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (sscc.charCodeAt(i) - 0x30) * (i % 2 === 0 ? 3 : 1);
  return String((10 - (sum % 10)) % 10);
}
