/**
 * What a document is to what its partner said before of the same thing: the first word, a repetition, the next revision, or a
 * contradiction that only a person can settle (decision 0008).
 *
 * Pure. It is compared with the newest revision alone: a supplier who goes back to what was said before that says something new.
 */
import type { DocumentType } from '../core/canonical.ts';
import type { Basis, NewStatement, Standing } from '../store/statements.ts';

export interface Said {
  readonly type: DocumentType;
  /** `document.purpose`. */
  readonly purpose: string;
  readonly businessKey: string;
  readonly contentHash: string;
  /** A person has decided that it is the next revision. */
  readonly overruled: boolean;
}

export type Judgment =
  | { readonly kind: 'new'; readonly statement: NewStatement }
  | { readonly kind: 'repeat'; readonly of: Standing }
  | { readonly kind: 'conflict'; readonly with: Standing };

const SUPERSEDES = ['replace', 'change', 'cancel'] as const;

export function judge(said: Said, standing: Standing | undefined): Judgment {
  const { businessKey, contentHash } = said;
  if (standing === undefined) return { kind: 'new', statement: { businessKey, contentHash, revision: 1, basis: 'first', supersedes: undefined } };
  if (standing.contentHash === contentHash) return { kind: 'repeat', of: standing };
  const basis = basisOf(said);
  if (basis === undefined) return { kind: 'conflict', with: standing };
  return { kind: 'new', statement: { businessKey, contentHash, revision: standing.revision + 1, basis, supersedes: standing.eventId } };
}

/** What lets it take the place of what was said before; undefined: nothing does. */
function basisOf({ type, purpose, overruled }: Said): Basis | undefined {
  const claimed = SUPERSEDES.find((known) => known === purpose);
  if (claimed !== undefined) return claimed;
  // Suppliers send one acknowledgment after another, each called an original; the newest counts.
  if (type === 'order_acknowledgment') return 'revision';
  return overruled ? 'released' : undefined;
}
