/** From the text of an element to the target's kind of value: prepared, then looked up in a table or converted; or the fault why not. */
import type { Json } from '../core/canonical.ts';
import type { SourceSegment } from '../core/source-tree.ts';
import { withoutBlanks, withoutPadding } from './blanks.ts';
import { type CodeTable, tableOf } from './codes.ts';
import { conversionTo } from './convert.ts';
import type { CodeEntry } from './mapping-file.ts';
import type { Item } from './placed.ts';
import { preparationsOf } from './prepare.ts';
import type { ReadingContext } from './reading.ts';
import type { Alternative, Rule } from './rule-syntax.ts';
import { nameOfHit, type Run, reportFault } from './run.ts';
import { compileValue, Hit, type Spot } from './selector.ts';
import type { ElementName } from './selector-syntax.ts';

/** Undefined when a fault was reported. `text` is the element's, or what a step before made of it; the target is the field of that item. */
export type ReadText = (text: string, segment: SourceSegment, name: ElementName, spot: Spot, item: Item, run: Run) => Json | undefined;

export function compileText(rule: Rule, alternative: Alternative, suffix: string, context: ReadingContext): ReadText {
  const table = tableOf(alternative, context);
  const settle = table === undefined ? converting(rule, alternative, suffix) : translating(table, alternative, suffix, context.file);
  const preparations = preparationsOf(alternative);
  if (preparations.length === 0) return settle;
  // Text that the pattern does not find is a fault, unless the rule says what else there is.
  const mayBeAbsent = alternative.default !== undefined || rule.alternatives.at(-1)?.at !== alternative.at;
  return (written, segment, name, spot, item, run) => {
    let text = written;
    for (const { apply } of preparations) {
      const prepared = apply(text);
      if (prepared === undefined) return mayBeAbsent ? '' : reportNoMatch(run, new Hit(segment, name, text), item.path(suffix), alternative, text);
      text = prepared;
    }
    return settle(text, segment, name, spot, item, run);
  };
}

function translating(table: CodeTable, alternative: Alternative, suffix: string, file: string): ReadText {
  const { codes, lookup, otherwise } = alternative;
  const expected = lookup === undefined ? `a code of ${codes}` : `a key of ${lookup}`;
  let lastCode = '';
  let lastEntry: CodeEntry | undefined;
  return (text, segment, name, _spot, item, run) => {
    const code = withoutBlanks(text);
    // One line after the other has the same unit: that is found without a look into the table.
    if (code === lastCode && lastEntry !== undefined) return lastEntry.value;
    const entry = table.get(code);
    if (entry !== undefined) {
      lastCode = code;
      lastEntry = entry;
      return entry.value;
    }
    if (otherwise === 'keep') return code;
    if (otherwise !== undefined && otherwise !== 'error') return otherwise;
    const hit = new Hit(segment, name, text);
    const found = shorten(code);
    reportFault(run, hit, {
      code: lookup === undefined ? 'ERR_MAPPING_CODE' : 'ERR_MAPPING_LOOKUP',
      target: item.path(suffix),
      message: `element ${nameOfHit(hit)}: expected ${expected}, found "${found}"`,
      expected,
      found,
      hint:
        lookup === undefined
          ? `add "${found}" under codes.${codes} in ${file}`
          : `add a line for "${found}" to the table ${lookup.split('.')[0]} that ${file} needs`,
      rule: alternative,
    });
    return undefined;
  };
}

function converting(rule: Rule, alternative: Alternative, suffix: string): ReadText {
  const kind = rule.target.kind === 'object' ? 'text' : (alternative.as ?? rule.target.kind);
  if (kind === 'text') return withoutPadding;
  const { convert, doubt, code, expected, hint } = conversionTo(kind, alternative);
  const readTime = alternative.time === undefined ? undefined : compileValue(alternative.time);
  return (text, segment, name, spot, item, run) => {
    const time = readTime === undefined ? undefined : readTime(spot, run.effort);
    const value = convert(text, time);
    if (value === undefined) {
      const hit = new Hit(segment, name, text);
      const found = shorten(time === undefined ? text : `${text} ${time}`);
      const message = `element ${nameOfHit(hit)}: expected ${expected}, found "${found}"`;
      reportFault(run, hit, { code, target: item.path(suffix), message, expected, found, hint, rule: alternative });
      return undefined;
    }
    const doubtful = doubt?.(String(value));
    if (doubtful !== undefined)
      reportFault(run, new Hit(segment, name, text), {
        code: 'ERR_MAPPING_CHECK_DIGIT',
        severity: 'warning',
        target: item.path(suffix),
        message: doubtful,
        found: String(value),
        rule: alternative,
      });
    return value;
  };
}

function reportNoMatch(run: Run, hit: Hit, target: string, rule: Alternative, text: string): undefined {
  reportFault(run, hit, {
    code: 'ERR_MAPPING_PATTERN',
    target,
    message: `element ${nameOfHit(hit)}: expected text that the pattern ${rule.pattern} finds, found "${shorten(text)}"`,
    expected: `text that the pattern ${rule.pattern} finds`,
    found: shorten(text),
    rule,
  });
  return undefined;
}

const shorten = (text: string): string => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
