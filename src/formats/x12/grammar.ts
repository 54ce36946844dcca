/**
 * How transaction sets are described: plain data, one file a set, compiled once when first needed.
 *
 * A part is written `REF *`, `BAK M`, `PER 3`: identifier, M when mandatory, how often it may occur (`*`: any number, else 1).
 * Position is the order in the list. A loop is its trigger segment and the parts inside. Our own minimal wording: what the
 * standard leaves to relational notes is not here.
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
  /** Which segment CTT01 counts. */
  readonly counted: string;
  /** Between ST and SE. */
  readonly parts: readonly PartLines[];
}

export interface Part {
  readonly id: string;
  /** Its place in its loop, from 0. */
  readonly position: number;
  readonly mandatory: boolean;
  readonly max: number;
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
  readonly counted: string;
  readonly root: LoopDefinition;
  /** Every identifier that occurs anywhere in the set, with the identifiers of the loops that have it. */
  readonly homes: ReadonlyMap<string, readonly string[]>;
}

export function defineSet(lines: SetLines): SetDefinition {
  const homes = new Map<string, string[]>();
  const root = defineLoop(lines.id, lines.parts, homes);
  return { id: lines.id, name: lines.name, counted: lines.counted, root, homes };
}

function defineLoop(trigger: string, lines: readonly PartLines[], homes: Map<string, string[]>): LoopDefinition {
  const parts = lines.map((line, position): Part => {
    const [id = '', ...words] = (typeof line === 'string' ? line : line.loop).split(' ');
    const mandatory = words.includes('M');
    const often = words.find((word) => word !== 'M') ?? '1';
    homes.set(id, [...(homes.get(id) ?? []), trigger]);
    const max = often === '*' ? Number.POSITIVE_INFINITY : Number(often);
    return { id, position, mandatory, max, loop: typeof line === 'string' ? undefined : defineLoop(id, line.parts, homes) };
  });
  const byId = new Map<string, Part[]>();
  for (const part of parts) byId.set(part.id, [...(byId.get(part.id) ?? []), part]);
  return { parts, byId, mandatory: parts.filter((part) => part.mandatory) };
}
