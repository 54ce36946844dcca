/** Faults of files beyond what a schema can say, and a way to look at a value that has not passed its schema yet. */
import type { Problem } from './problem.ts';
import { suggest } from './suggest.ts';
import type { YamlFile, YamlPath } from './yaml-file.ts';

const MOST_LISTED = 12;

/** A name that nothing bears: ERR_FILE_REFERENCE with the names there are and the one probably meant. */
export function unknownName(file: YamlFile, at: YamlPath, found: string, accepted: readonly string[]): Problem {
  const listed = accepted.length > MOST_LISTED ? `one of ${accepted.length} names` : `one of ${accepted.join(', ')}`;
  const expected = accepted.length === 0 ? 'none, for there is none' : listed;
  const near = suggest(found, accepted);
  return {
    code: 'ERR_FILE_REFERENCE',
    severity: 'error',
    message: `${at.join('.')}: expected ${expected}, found "${found}"`,
    at: file.placeOf(at),
    expected,
    found,
    hint: near === undefined ? undefined : `did you mean "${near}"?`,
  };
}

/** The name in a file that must be the name of the file or of its folder. */
export function wrongOwnName(file: YamlFile, key: string, expected: string, found: string): Problem {
  return {
    code: 'ERR_FILE_REFERENCE',
    severity: 'error',
    message: `${key}: expected "${expected}", the name of its file or folder, found "${found}"`,
    at: file.placeOf([key]),
    expected,
    found,
  };
}

export const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
