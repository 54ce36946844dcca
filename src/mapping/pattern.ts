/** Patterns of mapping files: RE2, which takes time in line with its text, so that no pattern can hang the gateway. */
import { RE2JS } from 're2js';

/** Longer ones nobody can read; a repetition of thousands makes a program that no mapping needs. */
const MAX_PATTERN = 500;
const MAX_REPEAT = 1000;

export type Pattern = { first(text: string): string | undefined } | { fault: string };

/** `first`: what the first group matched, or the whole match of a pattern without groups; undefined when nothing matches. */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_PATTERN) return { fault: `expected at most ${MAX_PATTERN} characters, found ${source.length}` };
  const repeats = [...source.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].map(([, least = '0', most]) => Math.max(Number(least), Number(most ?? 0), 1));
  const product = repeats.reduce((all, one) => all * one, 1);
  if (product > MAX_REPEAT) return { fault: `expected repetitions of at most ${MAX_REPEAT} altogether, found ${product}` };
  try {
    const compiled = RE2JS.compile(source);
    return {
      first: (text) => {
        const matcher = compiled.matcher(text);
        return matcher.find() ? (matcher.group(matcher.groupCount() > 0 ? 1 : 0) ?? undefined) : undefined;
      },
    };
  } catch (thrown) {
    return { fault: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
