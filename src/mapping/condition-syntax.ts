/** The tiny grammar of `when` and `where`: a selector (has a value, or exists), `BAK02 = AC|AD`, `BAK02 != AC`. A list means that all must hold. */
import { parseSelector, type Selector, type SelectorFault, type SkinName } from './selector-syntax.ts';

export interface Condition {
  readonly selector: Selector;
  /** Absent: the selector must have a value, or name something that exists. */
  readonly values?: readonly string[] | undefined;
  readonly negated: boolean;
}

export function parseCondition(text: string, skin: SkinName): { condition: Condition } | { fault: SelectorFault } {
  const split = /^(.*?)\s+(!?=)\s+(.*)$/.exec(text.trim());
  const parsed = parseSelector(split?.[1] ?? text, skin);
  if ('fault' in parsed) {
    const hint = split === null && /=/.test(text.replace(/\([^()]*\)/g, '')) ? 'put blanks around the sign: "BAK02 = AC|AD"' : parsed.fault.hint;
    return { fault: { ...parsed.fault, hint } };
  }
  if (split === null) return { condition: { selector: parsed.selector, negated: false } };
  const values = (split[3] ?? '').split('|').map((value) => value.trim());
  if (values.some((value) => value === ''))
    return { fault: { message: `expected values such as AC|AD after ${split[2]} in "${text}"`, expected: 'values separated by |' } };
  if (parsed.selector.kind === 'path' && parsed.selector.value === undefined)
    return { fault: { message: `expected an element to compare, found "${split[1]}" in "${text}"`, expected: 'an element such as BAK02' } };
  return { condition: { selector: parsed.selector, values, negated: split[2] === '!=' } };
}
