/**
 * What the files of this checkout would make of documents that were translated before: body against body, nothing delivered, nothing written.
 *
 * Each message is parsed once, however many documents it has.
 */
import type { JsonObject } from '../core/canonical.ts';
import { type FieldChange, fieldChanges } from '../core/field-changes.ts';
import type { Problem } from '../core/problem.ts';
import type { CompiledMapping } from '../mapping/compiled-mapping.ts';
import { type ArchivedDocument, type ArchivedMessage, type ArchiveFilter, archivedMessages } from '../store/archived-documents.ts';
import type { Gateway } from './gateway.ts';
import { changesTo, whatIsSaid } from './stored-event.ts';
import { detectFormat, type Translation, translate } from './translate.ts';

/** One document before and after. */
export interface MappingDifference {
  /** For people: `message 0190…, document 2`, or a file. */
  readonly where: string;
  /** What it was mapped with; absent where nothing is known of it. */
  readonly before?: { readonly name: string; readonly version: string; readonly hash: string } | undefined;
  readonly after: CompiledMapping | undefined;
  /** `breaks`: it was translated and would not be; `mends`: the reverse. */
  readonly outcome: 'same' | 'changed' | 'breaks' | 'mends' | 'fails';
  readonly changes: readonly FieldChange[];
  readonly problems: readonly Problem[];
}

type Verdict = Pick<MappingDifference, 'outcome' | 'changes' | 'problems'>;

export async function* diffArchive(gateway: Gateway, filter: ArchiveFilter): AsyncGenerator<MappingDifference> {
  for await (const message of archivedMessages(gateway.database, gateway.tenant, filter)) {
    // Those of a shared drop may have come from several partners, each read in its own way.
    for (const partner of new Set(message.documents.map((document) => document.partner))) {
      const documents = message.documents.filter((document) => document.partner === partner);
      const translations = await translateMessage(gateway, message, partner, documents);
      for (const document of documents) yield differenceOf(document, partner, translations.get(document.ordinal));
    }
  }
}

async function translateMessage(
  { formats, catalog }: Gateway,
  { source }: ArchivedMessage,
  name: string,
  documents: readonly ArchivedDocument[],
): Promise<ReadonlyMap<number, Translation>> {
  const { partners, mappings } = catalog();
  const partner = partners.get(name);
  const format = await detectFormat(formats, source);
  const found = new Map<number, Translation>();
  if (partner === undefined || format === undefined) return found;
  const wanted = new Set(documents.map(({ ordinal }) => ordinal));
  const vouched = new Set(documents.filter((document) => document.vouched).map(({ ordinal }) => ordinal));
  for await (const item of translate(source, { partner, mappings, format, checkSender: true, vouched })) {
    if (item.kind !== 'translation' || !wanted.has(item.document.ordinal)) continue;
    found.set(item.document.ordinal, item);
    if (found.size === wanted.size) break;
  }
  return found;
}

function differenceOf(document: ArchivedDocument, partner: string, translation: Translation | undefined): MappingDifference {
  const { mapping: name, version, hash, body } = document;
  const output = translation?.outputs[0];
  const changes = body === null || output === undefined ? [] : changesTo({ body }, output.body);
  return {
    where: `message ${document.messageId}, document ${document.ordinal}`,
    before: name === null || version === null || hash === null ? undefined : { name, version, hash },
    after: translation?.mapping,
    outcome: outcomeOf(body !== null, output !== undefined, changes),
    changes,
    problems: translation?.problems ?? [noPartner(partner)],
  };
}

/** Of two bodies that files of two times make of one document. */
export function differenceBetween(before: JsonObject | undefined, after: JsonObject | undefined, problems: readonly Problem[]): Verdict {
  const changes = before === undefined || after === undefined ? [] : fieldChanges(whatIsSaid(before), whatIsSaid(after));
  return { outcome: outcomeOf(before !== undefined, after !== undefined, changes), changes, problems };
}

function outcomeOf(was: boolean, is: boolean, changes: readonly FieldChange[]): MappingDifference['outcome'] {
  if (was && is) return changes.length === 0 ? 'same' : 'changed';
  if (was) return 'breaks';
  return is ? 'mends' : 'fails';
}

const noPartner = (name: string): Problem => ({
  code: 'ERR_FILE_REFERENCE',
  severity: 'error',
  message: `there is no partner ${name} among these files, or its documents are read otherwise now`,
});
