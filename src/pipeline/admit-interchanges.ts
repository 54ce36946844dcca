/**
 * Each interchange is held against those that its partner sent under the same number: new, the same bytes again, or a contradiction.
 *
 * Decided in T2, under the partner's fence, so that two files with one number cannot miss each other. An interchange of which nothing was
 * taken does not stand in the way of its corrected successor.
 */
import type { SourceUnit } from '../core/contracts.ts';
import { interchangeId } from '../core/identity.ts';
import { USUAL_CONTROL_NUMBERS } from '../partners/acknowledgment-settings.ts';
import type { Db } from '../store/database.ts';
import { type InterchangeRow, insertInterchanges, knownInterchanges } from '../store/interchanges.ts';
import type { Gateway } from './gateway.ts';

/** One that came, in the order of arrival. */
export interface ArrivedInterchange {
  readonly messageId: string;
  readonly receiptKey: string;
  readonly index: number;
  readonly unit: SourceUnit;
}

export type Admissions = ReadonlyMap<string, InterchangeRow>;

export const admissionKey = (messageId: string, unit: number): string => `${messageId}/${unit}`;

/** What each of them is; one that has been here before (another batch of its message, a document that goes through again) keeps its verdict. */
export async function admitInterchanges(gateway: Gateway, db: Db, partner: string, arrived: readonly ArrivedInterchange[]): Promise<Admissions> {
  const { tenant } = gateway;
  const numbered = arrived.filter(({ unit }) => unit.interchange !== undefined);
  const admissions = new Map<string, InterchangeRow>();
  if (numbered.length === 0) return admissions;
  const { windowMs, reuse } = gateway.catalog().partners.get(partner)?.controlNumbers ?? USUAL_CONTROL_NUMBERS;
  const controls = [...new Set(numbered.flatMap(({ unit }) => unit.interchange?.control ?? []))];
  const known = await knownInterchanges(db, tenant, partner, windowMs, controls, [...new Set(numbered.map(({ messageId }) => messageId))]);
  for (const row of known) admissions.set(admissionKey(row.messageId, row.unit), row);
  const added: InterchangeRow[] = [];
  for (const { messageId, receiptKey, index, unit } of numbered) {
    const key = admissionKey(messageId, index);
    if (admissions.has(key) || unit.interchange === undefined) continue;
    const { parties, control } = unit.interchange;
    const judged = judgeInterchange({ sha256: unit.sha256, parties, control }, known, reuse);
    const id = interchangeId({ tenant, partner, receiptKey, unit: index });
    const row: InterchangeRow = { id, messageId, unit: index, sha256: unit.sha256, parties, control, ...judged, taken: true };
    admissions.set(key, row);
    known.push(row);
    added.push(row);
  }
  await insertInterchanges(db, tenant, partner, added);
  return admissions;
}

/** Pure. `known`: the oldest first is not needed; the first of equal bytes is the one that is repeated. */
export function judgeInterchange(
  { sha256, parties, control }: Pick<InterchangeRow, 'sha256' | 'parties' | 'control'>,
  known: readonly InterchangeRow[],
  reuse: 'quarantine' | 'allow',
): Pick<InterchangeRow, 'verdict' | 'earlier'> {
  const namesakes = known.filter((row) => row.parties === parties && row.control === control);
  const same = namesakes.find((row) => row.sha256 === sha256);
  if (same !== undefined) return { verdict: 'retransmit', earlier: same.verdict === 'retransmit' ? same.earlier : same.id };
  const other = namesakes.find((row) => row.taken && row.verdict !== 'retransmit');
  if (other !== undefined && reuse === 'quarantine') return { verdict: 'conflict', earlier: other.id };
  return { verdict: 'new', earlier: null };
}
