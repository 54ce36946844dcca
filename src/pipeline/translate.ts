/**
 * From raw bytes to mapped canonical documents: pure, without a database, the same in T2 and in `quayside translate`.
 *
 * Each transaction set has its own verdict and outcome; a fault in one never touches its neighbours.
 */
import { ACKNOWLEDGMENT_KINDS } from '../core/acknowledgment.ts';
import type { MappedDocument } from '../core/canonical.ts';
import type { Format, InterchangeListener, Parsed, ParsedDocument, ParsedFault, RawSource, SourceUnit } from '../core/contracts.ts';
import { hasErrors, type Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import type { MappingCatalog } from '../mapping/load.ts';
import { mapDocument } from '../mapping/map-document.ts';
import type { PlacedValues } from '../mapping/placed.ts';
import type { Reads } from '../mapping/reads.ts';
import type { Partner } from '../partners/partner-file.ts';

export type TranslationState = 'translated' | 'rejected' | 'failed' | 'quarantined' | 'recorded';

export interface Translation {
  readonly kind: 'translation';
  readonly state: TranslationState;
  readonly document: ParsedDocument;
  /** The interchange that it came in. */
  readonly unit: SourceUnit;
  readonly mapping: CompiledMapping | undefined;
  readonly outputs: readonly MappedDocument[];
  /** The document's faults, then the mapping's. */
  readonly problems: readonly Problem[];
  /** Of a translated one: what the mapping looked at and which of its rules gave values. */
  readonly trail?: { readonly reads: Reads; readonly placed: PlacedValues } | undefined;
}

export interface TranslateOptions {
  readonly partner: Partner;
  readonly mappings: MappingCatalog;
  readonly format: Format;
  /** Use this mapping whatever the partner file says. */
  readonly mapping?: string | undefined;
  /** Documents that are done already: they are read past, not mapped. */
  readonly skip?: ReadonlySet<number> | undefined;
  /** Only this one, by its ordinal in the source: nothing after it is read. */
  readonly only?: number | undefined;
  /** Whether the sender in the envelope must be the partner. Off only where no partner file says who that is. */
  readonly checkSender: boolean;
  /** Documents for whose sender a person vouched. */
  readonly vouched?: ReadonlySet<number> | undefined;
  /** Told of the units before their documents, and of each interchange after its. */
  readonly listener?: { units(units: readonly SourceUnit[]): void; readonly interchange: InterchangeListener } | undefined;
}

/** Sets that acknowledge what we sent: they need no mapping. */
const ANSWERS: readonly string[] = ACKNOWLEDGMENT_KINDS;

/** Test traffic: the partner is still tried out, or the envelope says so. */
export const isTest = (partner: Partner | undefined, envelope: { readonly test: boolean }): boolean => partner?.stage === 'test' || envelope.test;

/** By its first bytes; undefined: none of the formats knows them. */
export async function detectFormat(formats: ReadonlyMap<string, Format>, source: RawSource): Promise<Format | undefined> {
  for await (const head of source.open()) return [...formats.values()].find((format) => format.detect(head.subarray(0, 4096)));
  return undefined;
}

/** What one reading has beside the partner's file. */
export interface ParseMore {
  readonly onInterchange?: InterchangeListener | undefined;
  /** Options of the format that outrank the partner's. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** As the partner's file has documents of this format read: its encoding, leniencies, options and guide. */
export function parseFor(
  { encoding, leniencies, formats }: Pick<Partner, 'encoding' | 'leniencies' | 'formats'>,
  format: Format,
  source: RawSource,
  { onInterchange, options }: ParseMore = {},
): AsyncIterable<Parsed> {
  const said = formats[format.name];
  return format.parse(source, { ...said?.options, ...options, encoding, leniencies }, { guide: said?.guide?.rules, onInterchange });
}

export async function* translate(source: RawSource, options: TranslateOptions): AsyncIterable<Translation | ParsedFault> {
  const units: SourceUnit[] = [];
  for await (const unit of options.format.identify(source)) units.push(unit);
  const { listener } = options;
  listener?.units(units);
  for await (const parsed of parseFor(options.partner, options.format, source, { onInterchange: listener?.interchange })) {
    if (parsed.kind === 'fault') {
      yield parsed;
      continue;
    }
    if (options.skip?.has(parsed.ordinal) || parsed.ordinal < (options.only ?? 0)) continue;
    const unit = units[parsed.unit];
    if (unit === undefined) throw new Error(`document ${parsed.ordinal} is in unit ${parsed.unit} of ${units.length}: identify and parse disagree`);
    yield translateDocument(parsed, unit, options);
    if (parsed.ordinal === options.only) return;
  }
}

function translateDocument(document: ParsedDocument, unit: SourceUnit, options: TranslateOptions): Translation {
  const outcome = (
    state: TranslationState,
    problems: readonly Problem[],
    mapping?: CompiledMapping,
    outputs: readonly MappedDocument[] = [],
    trail?: Translation['trail'],
  ): Translation => ({
    kind: 'translation',
    state,
    document,
    unit,
    mapping,
    outputs,
    trail,
    problems: [...document.faults, ...problems],
  });
  if (document.verdict === 'rejected') return outcome('rejected', []);
  const stranger = options.checkSender && !options.vouched?.has(document.ordinal) ? wrongSender(document, options.partner) : undefined;
  if (stranger !== undefined) return outcome('quarantined', [stranger]);

  const name = options.mapping ?? options.partner.documents[document.type];
  if (name === undefined && ANSWERS.includes(document.type)) return outcome('recorded', []);
  if (name === undefined) return outcome('failed', [noMapping(document, options.partner)]);
  const mapping = options.mappings.find(name);
  if (mapping === undefined) return outcome('failed', [missingMapping(document, name, options.mappings)]);
  const { documents, problems, reads, placed } = mapDocument(mapping, document);
  if (hasErrors(problems)) return outcome('failed', problems, mapping);
  return outcome('translated', problems, mapping, documents, reads && placed && { reads, placed });
}

function wrongSender(document: ParsedDocument, partner: Partner): Problem | undefined {
  const { qualifier, id } = document.envelope.sender;
  const own = partner.x12Identities.some((identity) => identity.qualifier === qualifier.trim() && identity.id.trimEnd() === id.trimEnd());
  if (own) return undefined;
  const expected = partner.x12Identities.map((identity) => `${identity.qualifier}/${identity.id}`).join(' or ') || 'an identity in the partner file';
  const found = `${qualifier.trim()}/${id.trimEnd()}`;
  return {
    code: 'ERR_PARTNER_IDENTITY',
    severity: 'error',
    message: `sender in ISA05/ISA06: expected ${expected}, found ${found}`,
    at: { kind: 'segment', offset: document.offset, segment: document.tree.segments[0]?.ordinal, segmentId: 'ST' },
    expected,
    found,
    hint: `if ${found} is ${partner.name}, add it under identities in ${partner.file}, then quayside quarantine release the document`,
  };
}

function noMapping(document: ParsedDocument, partner: Partner): Problem {
  const expected = Object.keys(partner.documents).join(', ') || 'none';
  return {
    code: 'ERR_MAPPING_MISSING',
    severity: 'error',
    message: `no mapping for a ${document.type}: ${partner.name} has mappings for ${expected}`,
    at: placeOfDocument(document),
    expected,
    found: document.type,
    hint: `add "${document.type}" under documents in ${partner.file}, then replay the document`,
  };
}

function missingMapping(document: ParsedDocument, name: string, mappings: MappingCatalog): Problem {
  const near = suggest(
    name,
    mappings.mappings.map((mapping) => mapping.name),
  );
  return {
    code: 'ERR_MAPPING_MISSING',
    severity: 'error',
    message: `there is no mapping ${name}`,
    at: placeOfDocument(document),
    expected: 'the name of a mapping that loads',
    found: name,
    hint: near === undefined ? 'run: quayside lint' : `did you mean "${near}"?`,
  };
}

const placeOfDocument = (document: ParsedDocument) =>
  ({ kind: 'segment', offset: document.offset, segment: document.tree.segments[0]?.ordinal, segmentId: 'ST', element: 1 }) as const;
