/** Whose document it is, by what its envelope says. Ids compare without trailing blanks (X12: ISA06 is padded to 15). */
import type { FilePlace } from '../core/place.ts';
import type { Problem } from '../core/problem.ts';
import type { Origins } from '../core/read-yaml-file.ts';
import type { Partner, X12Identity } from './partner-file.ts';

const identityKey = ({ qualifier, id }: X12Identity): string => `${qualifier.trimEnd()}/${id.trimEnd()}`;

export function partnerOf(sender: X12Identity, partners: ReadonlyMap<string, Partner>): Partner | undefined {
  const wanted = identityKey(sender);
  for (const partner of partners.values()) {
    if (partner.x12Identities.some((identity) => identityKey(identity) === wanted)) return partner;
  }
  return undefined;
}

interface Claim {
  readonly partner: Partner;
  readonly index: number;
}

export interface IdentityConflict {
  readonly first: Partner;
  readonly second: Partner;
  /** At the second's line, naming the first's. */
  readonly problem: Problem;
}

/** Identities that two partners claim, or one partner twice: a document of theirs would be a guess. */
export function identityConflicts(partners: Iterable<Partner>, origins: Origins): IdentityConflict[] {
  const claimed = new Map<string, Claim>();
  const conflicts: IdentityConflict[] = [];
  for (const partner of partners) {
    for (const [index, identity] of partner.x12Identities.entries()) {
      const key = identityKey(identity);
      const first = claimed.get(key);
      if (first === undefined) claimed.set(key, { partner, index });
      else conflicts.push({ first: first.partner, second: partner, problem: conflictProblem(key, first, { partner, index }, origins) });
    }
  }
  return conflicts;
}

function conflictProblem(key: string, first: Claim, second: Claim, origins: Origins): Problem {
  const placeOf = ({ partner, index }: Claim): FilePlace =>
    origins.get(partner)?.file.placeOf(['identities', 'x12', index]) ?? { kind: 'file', file: partner.file, line: 1, column: 1 };
  const other = placeOf(first);
  return {
    code: 'ERR_FILE_CONFLICT',
    severity: 'error',
    message: `identities: expected a sender that no other entry claims, found ${key}, which ${other.file}:${other.line} claims as well`,
    at: placeOf(second),
    found: key,
    hint: `decide whether ${key} is ${first.partner.name} or ${second.partner.name}`,
  };
}
