/**
 * A partner's own guide: what its 855 has more, or may have less, than the set as we define it.
 *
 * Declarative, in a YAML file beside partner.yaml. Everything it names must exist; each fault has its line and column. Compiled
 * into the same flat tables as our own definitions, so that a guide costs nothing while documents are read.
 */
import { type Static, Type } from '@sinclair/typebox';
import type { Problem } from '../../core/problem.ts';
import { compileSchema, problemsIn, StringEnum } from '../../core/schema-check.ts';
import type { YamlFile } from '../../core/yaml-file.ts';
import { setLines } from './definitions.ts';
import type { SetLines } from './grammar.ts';
import { changeElements, type ElementRule, wrongElement } from './guide-elements.ts';
import { addPart, type EditablePart, editable, editedLines, GuideFault, partAt } from './guide-parts.ts';
import { readElements, type SegmentLines } from './read-segments.ts';
import { compileSegment, type Dictionary } from './segment-table.ts';

const PART_PATH = '^[A-Z][A-Z0-9]{1,2}(\\([^()/]+\\))?(/[A-Z][A-Z0-9]{1,2}(\\([^()/]+\\))?)*$';
const closed = { additionalProperties: false };
const paths = (description: string) => Type.Optional(Type.Array(Type.String({ pattern: PART_PATH }), { description }));

const elementRule = Type.Object(
  {
    use: Type.Optional(StringEnum(['required', 'optional', 'forbidden'] as const, { description: 'whether it must be there' })),
    length: Type.Optional(Type.String({ pattern: '^\\d+(-\\d+)?$', description: 'how many characters: "3" or "1-22"' })),
    codes: Type.Optional(Type.Array(Type.String(), { minItems: 1, description: 'only these codes' })),
    alsoCodes: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'further codes and what they mean' })),
  },
  closed,
);

const setRules = Type.Object(
  {
    require: paths('segments that must be there: REF(VN), PO1/PID, HL(S)/REF(BM)'),
    forbid: paths('segments that are not used'),
    most: Type.Optional(
      Type.Record(Type.String({ pattern: PART_PATH }), Type.Integer({ minimum: 1 }), { description: 'how often a segment may occur' }),
    ),
    add: Type.Optional(
      Type.Array(
        Type.Object(
          {
            part: Type.String({ description: 'the segment, M when mandatory, how often: "ZZ1 M 5"' }),
            in: Type.Optional(Type.String({ pattern: PART_PATH, description: 'the loop, such as PO1/N1; none: the set itself' })),
            after: Type.Optional(Type.String({ pattern: PART_PATH, description: 'the segment in that loop behind which it stands; none: the last' })),
          },
          closed,
        ),
        { description: 'segments that our definition of the set does not have' },
      ),
    ),
    elements: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Z][A-Z0-9]{1,2}\\d\\d$' }), elementRule, { description: 'by name: BAK08, PO106', ...closed }),
    ),
  },
  closed,
);

export const guideFile = Type.Object(
  {
    guide: Type.String({ minLength: 1, description: "the partner's document that this file follows, with its date" }),
    segments: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Z][A-Z0-9]{1,2}$' }),
        Type.Object(
          {
            name: Type.String({ minLength: 1 }),
            elements: Type.Array(Type.String(), { minItems: 1, maxItems: 31, description: '"!ID2 Kind": ! mandatory, type and length, name' }),
            conditions: Type.Optional(Type.Array(Type.String({ pattern: '^[PRECL](\\d\\d){2,}$' }), { description: 'P0203, as X12 writes them' })),
          },
          closed,
        ),
        { description: 'segments that Quayside does not know, or that this partner has made its own', ...closed },
      ),
    ),
    sets: Type.Record(Type.String({ pattern: '^\\d{3}$' }), setRules, { description: 'by transaction set: "855"', ...closed }),
  },
  closed,
);

type GuideFile = Static<typeof guideFile>;

interface GuidedSet {
  readonly lines: SetLines;
  readonly dictionary: (standard: Dictionary, release: string) => Dictionary;
}

export interface CompiledGuide {
  readonly title: string;
  readonly sets: ReadonlyMap<string, GuidedSet>;
}

const checkGuide = compileSchema(guideFile);

export function readGuide(file: YamlFile): { guide?: CompiledGuide; problems: Problem[] } {
  const problems = problemsIn(file, checkGuide(file.value));
  if (problems.length > 0) return { problems };
  const said = file.value as GuideFile;
  const fault = (at: readonly (string | number)[], message: string, part?: 'key'): void => {
    problems.push({ code: 'ERR_FILE_REFERENCE', severity: 'error', message: `${at.join('.')}: ${message}`, at: file.placeOf(at, part) });
  };
  const own: SegmentLines[] = [];
  for (const [id, { name, elements, conditions = [] }] of Object.entries(said.segments ?? {})) {
    try {
      own.push({ id, name, elements: readElements(elements).elements, conditions });
    } catch (thrown) {
      fault(['segments', id, 'elements'], thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  const sets = new Map<string, GuidedSet>();
  for (const [set, rules] of Object.entries(said.sets)) {
    const lines = setLines(set);
    if (lines === undefined) {
      fault(['sets', set], `there is no definition of a ${set} to change`, 'key');
      continue;
    }
    const parts = changeParts(lines, rules, (at, message) => fault(['sets', set, ...at], message));
    const elements: Readonly<Record<string, ElementRule>> = rules.elements ?? {};
    for (const [name, rule] of Object.entries(elements)) {
      const wrong = wrongElement(name, rule, own);
      if (wrong !== undefined) fault(['sets', set, 'elements', name], wrong, 'key');
    }
    sets.set(set, {
      lines: { ...lines, parts: editedLines(parts) },
      dictionary: (standard, release) =>
        changeElements(new Map([...standard, ...own.map((one) => [one.id, compileSegment(one, release)] as const)]), elements),
    });
  }
  return problems.length > 0 ? { problems } : { guide: { title: said.guide, sets }, problems };
}

type Rules = Static<typeof setRules>;

function changeParts(lines: SetLines, rules: Rules, fault: (at: readonly (string | number)[], message: string) => void): EditablePart[] {
  const parts = editable(lines.parts);
  const attempt = (at: readonly (string | number)[], change: () => unknown): void => {
    try {
      change();
    } catch (thrown) {
      if (!(thrown instanceof GuideFault)) throw thrown;
      fault(at, thrown.message);
    }
  };
  for (const [n, { part, in: loop, after }] of (rules.add ?? []).entries()) attempt(['add', n], () => addPart(parts, part, loop, after));
  for (const [path, most] of Object.entries(rules.most ?? {})) attempt(['most', path], () => Object.assign(partAt(parts, path).words, { max: most }));
  for (const [n, path] of (rules.forbid ?? []).entries()) {
    attempt(['forbid', n], () => Object.assign(partAt(parts, path).words, { forbidden: true, mandatory: false }));
  }
  for (const [n, path] of (rules.require ?? []).entries())
    attempt(['require', n], () => Object.assign(partAt(parts, path).words, { mandatory: true }));
  return parts;
}
