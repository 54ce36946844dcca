/**
 * Reads the notation of segments/*.ts and of `define:` in a partner's guide.
 *
 * A line with a segment's id and name, then a line an element, in order:
 * `!` mandatory · type and length (`ID2` two, `AN1-30` one to thirty, `R N0 N2 DT TM D6`, `C` composite) · `|4030:50` fifty at most from
 * release 004030 on · `@4030` there from that release on · `=list` of these codes only, `~list` codes that are only explained · its name.
 * `10x A / B`: A and B ten times. The last line, `? P0203 C0504`, has the relational conditions as X12 writes them.
 */
import { CODE_LISTS } from './code-lists.ts';

export type ElementType = 'AN' | 'ID' | 'DT' | 'TM' | 'R' | 'N' | 'C';

export interface ElementLine {
  readonly name: string;
  readonly type: ElementType;
  readonly mandatory: boolean;
  /** Implied decimals of an N. */
  readonly decimals: number;
  /** Of a DT without a length of its own, 0: the release decides. */
  readonly least: number;
  /** The most characters, by release from which it holds. */
  readonly most: readonly (readonly [release: string, most: number])[];
  readonly since: string;
  readonly list: string | undefined;
  readonly checked: boolean;
}

export interface SegmentLines {
  readonly id: string;
  readonly name: string;
  readonly elements: readonly ElementLine[];
  readonly conditions: readonly string[];
}

/** `4030` is 004030. */
const releaseOf = (short: string): string => short.padStart(6, '0');
const WORD = /^(!?)(AN|ID|DT|TM|D(?=6)|R|N\d|C):?(?:(\d+)(?:-(\d+))?)?((?:\|\d{4}:\d+)*)$/;

function readElement(line: string): ElementLine {
  let since = '';
  let list: string | undefined;
  let word = '';
  const name: string[] = [];
  for (const part of line.trim().split(/\s+/)) {
    if (name.length === 0 && /^@\d{4}$/.test(part)) since = releaseOf(part.slice(1));
    else if (word === '') word = part;
    else if (name.length === 0 && /^[=~]/.test(part)) list = part;
    else name.push(part);
  }
  const [, mark, type = '', least = '', most = '', later = ''] = WORD.exec(word) ?? [];
  const lengthless = type === 'DT' || type === 'TM' || type === 'C';
  if (type === '' || name.length === 0 || (least === '' && !lengthless)) throw new Error(`not an element: ${line.trim()}`);
  if (list !== undefined && CODE_LISTS[list.slice(1)] === undefined) throw new Error(`no list of codes ${list}`);
  const widest = type === 'TM' && least === '' ? 8 : Number(most || least || 0);
  return {
    name: name.join(' '),
    type: (type === 'D' ? 'DT' : type.startsWith('N') ? 'N' : type) as ElementType,
    mandatory: mark === '!',
    decimals: /^N\d/.test(type) ? Number(type.slice(1)) : 0,
    least: type === 'TM' && least === '' ? 4 : Number(least || 0),
    most: [['', widest], ...[...later.matchAll(/\|(\d{4}):(\d+)/g)].map(([, from = '', size]) => [releaseOf(from), Number(size)] as const)],
    since,
    list: list?.slice(1),
    checked: list?.startsWith('=') === true,
  };
}

export function readElements(lines: readonly string[]): Pick<SegmentLines, 'elements' | 'conditions'> {
  const elements: ElementLine[] = [];
  let conditions: string[] = [];
  for (const line of lines) {
    const [, times, group = line] = /^\s*(\d+)x (.+)$/.exec(line) ?? [];
    if (/^\s*\?/.test(line)) conditions = line.trim().slice(1).trim().split(/\s+/);
    else for (let n = 0; n < Number(times ?? 1); n++) elements.push(...group.split(' / ').map(readElement));
  }
  for (const condition of conditions) if (!/^[PRECL](\d\d){2,}$/.test(condition)) throw new Error(`not a relational condition: ${condition}`);
  return { elements, conditions };
}

export function readSegments(text: string): SegmentLines[] {
  const blocks = text.split(/\n(?=[A-Z])/).filter((block) => block.trim() !== '');
  return blocks.map((block) => {
    const [head = '', ...lines] = block.trim().split('\n');
    const [, id = '', name = ''] = /^([A-Z][A-Z0-9]{1,2}) (.+)$/.exec(head) ?? [];
    if (id === '') throw new Error(`not a segment: ${head}`);
    return { id, name, ...readElements(lines) };
  });
}
