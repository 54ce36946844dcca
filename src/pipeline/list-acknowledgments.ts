/** Acknowledgments with what each partner's file says of how soon they are due. */
import { type AcknowledgmentPlace, type ListedAcknowledgment, pageOfAcknowledgments } from '../store/acknowledgment-pages.ts';
import type { Gateway } from './gateway.ts';

export interface AcknowledgmentQuery {
  /** Undefined: every partner. */
  readonly partners?: readonly string[] | undefined;
  readonly overdue?: boolean | undefined;
}

export async function listAcknowledgments(
  { database, tenant, catalog }: Gateway,
  query: AcknowledgmentQuery,
  after: AcknowledgmentPlace | undefined,
  limit: number,
): Promise<(ListedAcknowledgment & { readonly place: AcknowledgmentPlace })[]> {
  const withinMs = new Map<string, number>();
  for (const { name, acknowledgments } of catalog().partners.values())
    if (acknowledgments !== undefined) withinMs.set(name, acknowledgments.withinMs);
  return pageOfAcknowledgments(database, tenant, { ...query, withinMs }, after, limit);
}
