/** What a rule does to the text of an element before it is looked up or converted: one list of steps, for mapping and for explaining alike. */
import { sha256Hex } from '../core/identity.ts';
import { cleanText } from './convert.ts';
import { compilePattern } from './pattern.ts';
import type { Alternative } from './rule-syntax.ts';

export interface Preparation {
  /** `clean digits`, as explained to people. */
  readonly says: string;
  /** Undefined: the text has nothing of what was asked for. */
  apply(text: string): string | undefined;
}

export function preparationsOf({ clean, pattern, hash }: Alternative): readonly Preparation[] {
  const steps: Preparation[] = clean.map((cleaner) => ({ says: `clean ${cleaner}`, apply: (text) => cleanText(text, [cleaner]) }));
  if (pattern !== undefined) {
    const compiled = compilePattern(pattern);
    if ('first' in compiled) steps.push({ says: `pattern ${pattern}`, apply: compiled.first });
  }
  if (hash === true) steps.push({ says: 'hash', apply: (text) => sha256Hex(text.trimEnd()) });
  return steps;
}
