/** What sample files have in them, counted, each with the place where it was met first. */
import type { ParsedDocument } from '../../core/contracts.ts';
import type { SourceLoop, SourceSegment } from '../../core/source-tree.ts';
import type { CompiledMapping } from '../compiled-mapping.ts';
import { SKINS } from '../selector-syntax.ts';

export interface Example {
  readonly text: string;
  /** `samples/a.edi segment 5, offset 210`. */
  readonly where: string;
}

export interface Counted extends Example {
  count: number;
}

/** What is told apart in a draft; a sample that has more of one kind is no sample. */
const MOST_KINDS = 200;

export class Tally {
  readonly #counted = new Map<string, Counted>();

  add(key: string, example: () => Example, count = 1): void {
    const known = this.#counted.get(key);
    if (known !== undefined) known.count += count;
    else if (this.#counted.size < MOST_KINDS) this.#counted.set(key, { ...example(), count });
  }

  get entries(): readonly (readonly [key: string, counted: Counted])[] {
    return [...this.#counted];
  }
}

/** One sample document, and the file that it came from as people name it. */
export interface Sample {
  readonly file: string;
  readonly document: ParsedDocument;
}

export const placeOf = (file: string, segment: SourceSegment, element?: number): string =>
  `${file} segment ${segment.ordinal}, offset ${element === undefined ? segment.offset : segment.offsetOf(element)}`;

/** Groups of one name → how often each value of it was met: `ACK01` → `IA`, `REF` → `CO`. */
export type Seen = Map<string, Tally>;

const QUALIFIED = ['REF', 'DTM', 'MAN'];

/** Versions and parties, codes that rules translate, qualifiers, and the shapes of HL trees. */
export function look({ file, document }: Sample, mapping: CompiledMapping, seen: Seen): void {
  const { envelope, tree } = document;
  const add = (name: string, value: string, segment = tree.segments[0]): void => {
    const tally = seen.get(name) ?? new Tally();
    seen.set(name, tally);
    if (value !== '') tally.add(value, () => ({ text: value, where: segment === undefined ? file : placeOf(file, segment) }));
  };
  add('version', envelope.version);
  add('sender', `${envelope.sender.qualifier}/${envelope.sender.id.trimEnd()}`);
  add('receiver', `${envelope.receiver.qualifier}/${envelope.receiver.id.trimEnd()}`);
  add('traffic', envelope.test ? 'test' : 'production');
  const coded = codedElements(mapping);
  for (const segment of segmentsOf(tree)) {
    for (const element of coded.get(segment.id) ?? [])
      add(`${segment.id}${String(element).padStart(2, '0')}`, segment.value(element).trim(), segment);
    if (QUALIFIED.includes(segment.id)) add(segment.id, segment.value(SKINS.x12.qualifierOf(segment.id)).trim(), segment);
  }
  for (const shape of hlShapes(tree)) add('HL', shape);
}

/** Elements whose codes some rule translates. */
function codedElements(mapping: CompiledMapping): Map<string, Set<number>> {
  const coded = new Map<string, Set<number>>();
  for (const { alternatives } of mapping.effective.rules.values())
    for (const { codes, from } of alternatives)
      for (const selector of codes === undefined ? [] : from) {
        const id = selector.kind === 'path' ? selector.steps.at(-1)?.id : undefined;
        if (id === undefined || selector.kind !== 'path' || selector.value?.kind !== 'element') continue;
        coded.set(id, (coded.get(id) ?? new Set()).add(selector.value.element));
      }
  return coded;
}

export function* segmentsOf(tree: SourceLoop): Generator<SourceSegment> {
  const waiting: SourceLoop[] = [tree];
  for (let loop = waiting.pop(); loop !== undefined; loop = waiting.pop()) {
    yield* loop.segments;
    for (let i = loop.loops.length - 1; i >= 0; i--) waiting.push(loop.loops[i] as SourceLoop);
  }
}

/** `S-O-P-I`: the levels (HL03) from the top to each leaf. */
function hlShapes(tree: SourceLoop): Set<string> {
  const shapes = new Set<string>();
  const waiting = tree.loops.filter(({ id }) => id === 'HL').map((loop) => ({ loop, path: '' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = `${next.path}${next.path === '' ? '' : '-'}${next.loop.segments[0]?.value(3).trim()}`;
    const inner = next.loop.loops.filter(({ id }) => id === 'HL');
    // A chain without end would make a name without end.
    if (inner.length === 0 || path.length > 60) shapes.add(path);
    else for (const loop of inner) waiting.push({ loop, path });
  }
  return shapes;
}
