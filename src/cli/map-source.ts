/** The documents of a file, each with its partner's mapping: what the map commands look at. Nothing is stored or sent. */
import type { Format, ParsedDocument, RawSource } from '../core/contracts.ts';
import { GatewayError } from '../core/errors/errors.ts';
import type { Problem } from '../core/problem.ts';
import { suggest } from '../core/suggest.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import type { MappingCatalog } from '../mapping/load.ts';
import { type Mapped, mapDocument } from '../mapping/map-document.ts';
import type { Partner } from '../partners/partner-file.ts';
import type { Catalog } from '../pipeline/catalog.ts';
import { detectFormat, type ParseMore, parseFor } from '../pipeline/translate.ts';
import type { Application } from './application.ts';
import { findPartner } from './find-partner.ts';
import { openInput } from './input.ts';
import { printProblems, type Terminal } from './terminal.ts';

export interface MapOptions {
  readonly partner: string;
  readonly mapping?: string;
  readonly json?: boolean;
}

export interface MappedSource {
  readonly document: ParsedDocument;
  /** Absent where none is named for such a document, or the document was rejected. */
  readonly mapping?: CompiledMapping | undefined;
  readonly mapped: Mapped;
}

export function findMapping(mappings: MappingCatalog, name: string): CompiledMapping {
  const mapping = mappings.find(name);
  if (mapping !== undefined) return mapping;
  const names = mappings.mappings.map((one) => one.name);
  const near = suggest(name, names);
  throw new GatewayError('ERR_MAPPING_MISSING', `there is no mapping "${name}" that loads`, {
    hint: near === undefined ? `there are ${names.join(', ') || 'none'}; quayside lint names every fault` : `did you mean "${near}"?`,
  });
}

/** The partner and its files; their faults are printed, as what has faults is not in force. */
export function openPartner(app: Application, { partner: name }: MapOptions, terminal: Terminal): { partner: Partner; catalog: Catalog } {
  const { partner, catalog, problems } = findPartner(app, name, terminal);
  printProblems(terminal, problems);
  return { partner, catalog };
}

export interface ParsedSource {
  readonly documents: readonly ParsedDocument[];
  /** Of none of the documents. */
  readonly faults: readonly Problem[];
}

/** Documents and faults of one source as the partner's file has it read; without a partner as the format says. */
export async function parseSource(
  formats: ReadonlyMap<string, Format>,
  source: RawSource,
  file: string,
  partner: Partner | undefined,
  more: ParseMore = {},
): Promise<ParsedSource> {
  const format = await detectFormat(formats, source);
  if (format === undefined)
    throw new GatewayError(
      'ERR_FORMAT_UNKNOWN',
      `${file}: expected a document in one of the formats ${[...formats.keys()].join(', ')}, found none of them`,
    );
  const documents: ParsedDocument[] = [];
  const faults: Problem[] = [];
  const { options = {}, onInterchange } = more;
  const read = partner === undefined ? format.parse(source, options, { onInterchange }) : parseFor(partner, format, source, more);
  for await (const parsed of read) {
    if (parsed.kind === 'fault') faults.push(parsed.fault);
    else documents.push(parsed);
  }
  return { documents, faults };
}

/** Faults in the file's own words, as `at` names it. */
export const inFile = (file: string, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => (problem.at?.kind === 'segment' ? { ...problem, at: { ...problem.at, file } } : problem));

/** Every document of a file, mapped as its partner's files say. Faults outside documents are printed. */
export async function mapSource(
  app: Application,
  { partner, catalog }: { partner: Partner; catalog: Catalog },
  file: string,
  options: MapOptions,
  terminal: Terminal,
): Promise<MappedSource[]> {
  const input = await openInput(file);
  try {
    const { documents, faults } = await parseSource(app.extensions.formats, input.source, file, partner);
    printProblems(terminal, inFile(file, faults));
    return documents.map((document) => mapOne(document, partner, catalog, options));
  } finally {
    await input.close();
  }
}

function mapOne(document: ParsedDocument, partner: Partner, catalog: Catalog, { mapping: wanted }: MapOptions): MappedSource {
  if (document.verdict === 'rejected') return { document, mapped: { documents: [], problems: document.faults } };
  const name = wanted ?? partner.documents[document.type];
  if (name === undefined)
    throw new GatewayError('ERR_MAPPING_MISSING', `${partner.name} has no mapping for a ${document.type}`, {
      hint: `add "${document.type}" under documents in ${partner.file}, or name one with --mapping`,
    });
  const mapping = findMapping(catalog.mappings, name);
  const mapped = mapDocument(mapping, document);
  return { document, mapping, mapped: { ...mapped, problems: [...document.faults, ...mapped.problems] } };
}
