/** What retranslating would change, on a sample: which fields of how many documents, and some documents whole. */

import { GatewayError } from '../core/errors/errors.ts';
import type { FieldChange } from '../core/field-changes.ts';
import type { ReplayFilter } from '../store/replay-jobs.ts';
import { sampleSelection } from '../store/replay-selection.ts';
import type { Gateway } from './gateway.ts';
import { previewRetranslation } from './retranslate.ts';

export interface DocumentDiff {
  readonly documentId: string;
  readonly changes: readonly FieldChange[];
}

export interface ReplayDiff {
  /** Documents looked at, the oldest that the filter leaves. */
  readonly sampled: number;
  /** Of these: nothing would be sent. */
  readonly unchanged: number;
  /** Of these: they would not be translated. */
  readonly failing: number;
  /** In how many of them a field would change; the items of a list are one field. */
  readonly fields: readonly { readonly path: string; readonly documents: number }[];
  readonly examples: readonly DocumentDiff[];
}

const SAMPLE = 50;
const EXAMPLES = 5;
const WITHIN_MS = 10_000;

/** Changes nothing. A large document may cut the sample short: a person waits. */
export async function diffReplay(gateway: Gateway, filter: ReplayFilter): Promise<ReplayDiff> {
  const ids = await sampleSelection(gateway.database, gateway.tenant, filter, 'retranslate', SAMPLE);
  const until = performance.now() + WITHIN_MS;
  const fields = new Map<string, number>();
  const examples: DocumentDiff[] = [];
  let [sampled, unchanged, failing] = [0, 0, 0];
  for (const documentId of ids) {
    if (sampled > 0 && performance.now() > until) break;
    sampled++;
    const changes = await changesOf(gateway, documentId);
    if (changes === undefined) failing++;
    else if (changes.length === 0) unchanged++;
    else if (examples.length < EXAMPLES) examples.push({ documentId, changes });
    for (const path of new Set(changes?.map((change) => withoutPlaces(change.path)))) fields.set(path, (fields.get(path) ?? 0) + 1);
  }
  const counted = [...fields].map(([path, documents]) => ({ path, documents }));
  return { sampled, unchanged, failing, fields: counted.sort((a, b) => b.documents - a.documents || a.path.localeCompare(b.path)), examples };
}

async function changesOf(gateway: Gateway, documentId: string): Promise<readonly FieldChange[] | undefined> {
  try {
    const { changes, problems } = await previewRetranslation(gateway, documentId);
    return problems.some((problem) => problem.severity === 'error') ? undefined : changes;
  } catch (thrown) {
    if (thrown instanceof GatewayError && !thrown.code.startsWith('ERR_STORE_')) return undefined;
    throw thrown;
  }
}

const withoutPlaces = (path: string): string => path.replace(/\/\d+(?=\/|$)/g, '/*');
