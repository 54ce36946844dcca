/**
 * How transaction sets are described: plain data, one file a set, compiled once for each release when first needed.
 *
 * A part is written `REF *`, `BAK M`, `PER 3`, `MTX * @4030`, `N1(ST) M`: identifier, with the qualifiers (first element) that alone are meant,
 * M when mandatory, X when a guide does not use it, how often it may occur (`*`: any number, else 1), the release from which on it is
 * there. Position is the order in the list; `=` shares the position of the part before. A loop is its trigger segment and the parts inside. Our own minimal wording.
 */

/** `'REF M 12'`. */
export type SegmentLine = string;

export interface LoopLines {
  /** The trigger segment: `'N1 200'`; how often the loop may occur. */
  readonly loop: SegmentLine;
  readonly parts: readonly PartLines[];
}

export type PartLines = SegmentLine | LoopLines;

export interface SetLines {
  /** ST01. */
  readonly id: string;
  readonly name: string;
  /** Which segment CTT01 counts; none: not checked. */
  readonly counted?: string;
  /** Whose quantity CTT02 sums: `PO102`. */
  readonly hashed?: string;
  /** Recognised and grouped, but nothing of it is translated: an odd version does no harm. */
  readonly outline?: boolean;
  /** Between ST and SE. */
  readonly parts: readonly PartLines[];
}

export interface Part {
  readonly id: string;
  /** In the list of its loop. */
  readonly index: number;
  /** Its place in its loop, from 0; parts that differ by qualifier share one. */
  readonly position: number;
  readonly mandatory: boolean;
  readonly max: number;
  /** Its first element (of HL the third, the level) is one of these; undefined: whatever it is. */
  readonly only: ReadonlySet<string> | undefined;
  /** The partner's guide does not use it. */
  readonly forbidden: boolean;
  /** What is inside, when this is the trigger of a loop. */
  readonly loop: LoopDefinition | undefined;
}

export interface LoopDefinition {
  readonly parts: readonly Part[];
  readonly byId: ReadonlyMap<string, readonly Part[]>;
  readonly mandatory: readonly Part[];
}

export interface SetDefinition {
  readonly id: string;
  readonly name: string;
  readonly lines: SetLines;
  readonly root: LoopDefinition;
  /** Every identifier that occurs anywhere in the set, with the identifiers of the loops that have it. */
  readonly homes: ReadonlyMap<string, readonly string[]>;
}

export interface PartWords {
  readonly id: string;
  readonly qualifiers: readonly string[];
  readonly mandatory: boolean;
  readonly forbidden: boolean;
  readonly max: number;
  readonly since: string;
  /** At the position of the part before. */
  readonly same: boolean;
}

const PART = /^([A-Z][A-Z0-9]{1,2})(?:\(([^)]+)\))?((?: (?:M|X|=|\*|\d+|@\d{4}))*)$/;

export function readPart(line: SegmentLine): PartWords {
  const [, id = '', qualifiers, rest = ''] = PART.exec(line) ?? [];
  if (id === '') throw new Error(`not a part of a set: ${line}`);
  const words = rest.split(' ').filter((word) => word !== '');
  const often = words.find((word) => /^(\*|\d+)$/.test(word)) ?? '1';
  const since = words.find((word) => word.startsWith('@'));
  return {
    id,
    qualifiers: qualifiers?.split('|') ?? [],
    mandatory: words.includes('M'),
    forbidden: words.includes('X'),
    max: often === '*' ? Number.POSITIVE_INFINITY : Number(often),
    since: since === undefined ? '' : since.slice(1).padStart(6, '0'),
    same: words.includes('='),
  };
}

export function writePart({ id, qualifiers, mandatory, forbidden, max, since, same }: PartWords): SegmentLine {
  const name = qualifiers.length === 0 ? id : `${id}(${qualifiers.join('|')})`;
  const words = [mandatory && 'M', forbidden && 'X', Number.isFinite(max) ? String(max) : '*', since !== '' && `@${since.slice(2)}`, same && '='];
  return [name, ...words.filter((word) => word !== false)].join(' ');
}

export const lineOf = (part: PartLines): SegmentLine => (typeof part === 'string' ? part : part.loop);

export function defineSet(lines: SetLines, release: string): SetDefinition {
  const homes = new Map<string, string[]>();
  const root = defineLoop(lines.id, lines.parts, release, homes);
  return { id: lines.id, name: lines.name, lines, root, homes };
}

function defineLoop(trigger: string, lines: readonly PartLines[], release: string, homes: Map<string, string[]>): LoopDefinition {
  const parts: Part[] = [];
  let position = -1;
  for (const line of lines) {
    const { id, qualifiers, mandatory, forbidden, max, since, same } = readPart(lineOf(line));
    if (since > release) continue;
    if (!same || position < 0) position++;
    homes.set(id, [...(homes.get(id) ?? []), trigger]);
    const only = qualifiers.length === 0 ? undefined : new Set(qualifiers);
    const loop = typeof line === 'string' ? undefined : defineLoop(id, line.parts, release, homes);
    parts.push({ id, index: parts.length, position, mandatory, forbidden, max, only, loop });
  }
  const byId = new Map<string, Part[]>();
  for (const part of parts) byId.set(part.id, [...(byId.get(part.id) ?? []), part]);
  return { parts, byId, mandatory: parts.filter((part) => part.mandatory) };
}
