/**
 * What of a document nobody read: keyed by loop and qualifier, such as `PO1/REF(ZZ)02`, because a bare `REF02` helps no one.
 *
 * Every element that has a value is mapped (a rule or a test looked at it), ignored with a reason, or unexplained.
 */
import type { ParsedDocument } from '../core/contracts.ts';
import type { SourceLoop, SourceSegment } from '../core/source-tree.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { type Reads, wasPartRead, wasRead } from './reads.ts';
import { beginRun } from './run.ts';
import { compileAllValues, compileSpots, type FindSpots, segmentAt } from './selector.ts';
import { SKINS } from './selector-syntax.ts';

/** Unread source of one kind. */
export interface UnreadSource {
  readonly key: string;
  /** Absent: unexplained. */
  readonly ignored?: { readonly why: string; readonly at: string } | undefined;
  count: number;
  readonly example: { readonly text: string; readonly segment: number; readonly offset: number };
}

export interface Coverage {
  documents: number;
  /** Elements that have a value, and those of them that were looked at. */
  elements: number;
  mapped: number;
  readonly unread: Map<string, UnreadSource>;
}

export const beginCoverage = (): Coverage => ({ documents: 0, elements: 0, mapped: 0, unread: new Map() });

export const unexplainedIn = (coverage: Coverage): UnreadSource[] => [...coverage.unread.values()].filter((one) => one.ignored === undefined);

/** Elements that say how the set is built: the parser read them, so that no rule has to. */
const STRUCTURE: Readonly<Record<string, readonly number[]>> = { ST: [1, 2, 3], SE: [1, 2], HL: [1, 2, 3, 4], LS: [1], LE: [1], LX: [1] };

/** Adds what `reads` says of one document. */
export function addCoverage(coverage: Coverage, mapping: CompiledMapping, document: ParsedDocument, reads: Reads): void {
  const { format } = mapping.effective.source;
  const skin = SKINS[format];
  // Asked for by the first element that nobody read: of most documents there is none.
  let found: ((segment: SourceSegment, element: number) => Reason | undefined) | undefined;
  const reasons = (segment: SourceSegment, element: number): Reason | undefined => {
    found ??= ignoredIn(mapping, document);
    return found(segment, element);
  };
  coverage.documents++;
  const waiting: { loop: SourceLoop; path: string }[] = [{ loop: document.tree, path: '' }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { loop, path } = next;
    const inside = loop.parent === null ? '' : `${path}${labelOf(loop.segments[0], loop.id, format)}/`;
    for (const [index, segment] of loop.segments.entries()) {
      const values = valuesIn(segment, reads);
      if (values > 0) {
        coverage.elements += values;
        coverage.mapped += values;
        continue;
      }
      const before = `${index === 0 && loop.parent !== null ? path : inside}${labelOf(segment, segment.id, format)}`;
      addSegment(
        coverage,
        segment,
        before,
        skin.pairsOf(segment.id),
        skin.isQualified(segment.id) ? skin.qualifierOf(segment.id) : undefined,
        reads,
        (element) => reasons(segment, element),
      );
    }
    for (let i = loop.loops.length - 1; i >= 0; i--) {
      const inner = loop.loops[i];
      // Long chains of HL would make long paths: what is nearest tells most.
      if (inner !== undefined) waiting.push({ loop: inner, path: inside.split('/').slice(-5).join('/') });
    }
  }
}

/** How many elements have a value, where all of them were read or say how the set is built; 0 where one was not, or none has. */
function valuesIn(segment: SourceSegment, reads: Reads): number {
  const structure = STRUCTURE[segment.id];
  let values = 0;
  for (let element = 1; element <= segment.size; element++) {
    if (segment.isEmpty(element)) continue;
    if (!wasRead(reads, segment, element) && structure?.includes(element) !== true) return 0;
    values++;
  }
  return values;
}

type Reason = NonNullable<UnreadSource['ignored']>;

function addSegment(
  coverage: Coverage,
  segment: SourceSegment,
  label: string,
  pairs: number | undefined,
  qualifierAt: number | undefined,
  reads: Reads,
  reasonFor: (element: number) => Reason | undefined,
): void {
  const structure = STRUCTURE[segment.id];
  const isOpen = (element: number): boolean =>
    segment.value(element).trim() !== '' && structure?.includes(element) !== true && !wasRead(reads, segment, element);
  // The key names the qualifier already: it is no line of its own where the value that it qualifies is one.
  const isNamed = (element: number): boolean => {
    if (element !== qualifierAt) return false;
    for (let other = 1; other <= segment.size; other++) if (other !== element && isOpen(other)) return true;
    return false;
  };
  for (let element = 1; element <= segment.size; element++) {
    const text = segment.value(element);
    if (text.trim() === '') continue;
    coverage.elements++;
    const left = isOpen(element) && !isNamed(element) ? unreadParts(segment, element, reads) : [];
    if (left.length === 0) {
      coverage.mapped++;
      continue;
    }
    const qualifier = pairs !== undefined && element > pairs && (element - pairs) % 2 === 1 ? segment.value(element - 1).trim() : '';
    const name = qualifier === '' ? String(element).padStart(2, '0') : `.${qualifier}`;
    const ignored = reasonFor(element);
    for (const { suffix, component, repetition } of left) {
      const key = `${label}${name}${suffix}`;
      const known = coverage.unread.get(`${key} ${ignored?.at}`);
      if (known !== undefined) known.count++;
      else
        coverage.unread.set(`${key} ${ignored?.at}`, {
          key,
          ignored,
          count: 1,
          example: {
            text: segment.value(element, component, repetition),
            segment: segment.ordinal,
            offset: segment.offsetOf(element, component, repetition),
          },
        });
    }
  }
}

interface Part {
  readonly suffix: string;
  readonly component?: number | undefined;
  readonly repetition?: number | undefined;
}

/** Of an element that was not read as a whole: the components and repetitions that were not read either. */
function unreadParts(segment: SourceSegment, element: number, reads: Reads): readonly Part[] {
  const repetitions = segment.repetitions(element);
  if (repetitions <= 1 && segment.components(element) <= 1) return wasPartRead(reads, segment, element, 1, 1) ? [] : [{ suffix: '' }];
  const parts: Part[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition++)
    for (let component = 1; component <= segment.components(element, repetition); component++) {
      if (segment.value(element, component, repetition).trim() === '' || wasPartRead(reads, segment, element, component, repetition)) continue;
      parts.push({ suffix: `-${component}${repetition === 1 ? '' : `(${repetition})`}`, component, repetition });
    }
  return parts;
}

function labelOf(segment: SourceSegment | undefined, id: string, format: keyof typeof SKINS): string {
  const skin = SKINS[format];
  if (segment === undefined || !skin.isQualified(id)) return id;
  const qualifier = segment.value(skin.qualifierOf(id)).trim();
  return qualifier === '' ? id : `${id}(${qualifier})`;
}

/** Which elements the mapping's `ignore` names: a value, or all that lies in a segment or loop. */
function ignoredIn(mapping: CompiledMapping, document: ParsedDocument): (segment: SourceSegment, element: number) => Reason | undefined {
  const elements = new Map<string, Reason>();
  const segments = new Map<SourceSegment, Reason>();
  // What `ignore` looks at is not thereby read: it has a record of its own.
  const { effort } = beginRun(document.tree, document.segments);
  for (const { reason, hits, spots } of ignoringOf(mapping)) {
    if (hits !== undefined) for (const hit of hits(effort.root, effort)) elements.set(`${hit.segment.ordinal}.${hit.name.element}`, reason);
    else
      for (const spot of spots(effort.root, effort)) {
        if (spot.segment === undefined) for (const one of segmentsBelow(spot.loop)) segments.set(one, reason);
        else segments.set(segmentAt(spot) ?? spot.segment, reason);
      }
  }
  return (segment, element) => elements.get(`${segment.ordinal}.${element}`) ?? segments.get(segment);
}

interface Ignoring {
  readonly reason: Reason;
  /** Of a selector of values. */
  readonly hits: ReturnType<typeof compileAllValues> | undefined;
  readonly spots: FindSpots;
}

const compiled = new WeakMap<CompiledMapping, readonly Ignoring[]>();

/** Compiled once for each mapping. */
function ignoringOf(mapping: CompiledMapping): readonly Ignoring[] {
  const known = compiled.get(mapping);
  if (known !== undefined) return known;
  const ignoring = mapping.effective.ignored.map(({ selector, ...reason }): Ignoring => {
    const hits = selector.kind === 'path' && selector.value !== undefined ? compileAllValues(selector) : undefined;
    return { reason, hits, spots: compileSpots(selector) };
  });
  compiled.set(mapping, ignoring);
  return ignoring;
}

function* segmentsBelow(loop: SourceLoop): Iterable<SourceSegment> {
  const waiting = [loop];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield* next.segments;
    waiting.push(...next.loops);
  }
}
