/** Where a source that no rule reads would be written: the line by which it could be kept, until someone knows its name. */
import type { EffectiveMapping } from '../effective.ts';
import { parseSelector, type Selector } from '../selector-syntax.ts';

export interface SuggestedLine {
  /** `lines[].extensions.refLt`. */
  readonly target: string;
  /** From the spot of that list: `REF(LT)02`. */
  readonly from: string;
}

interface ListChain {
  readonly target: string;
  /** Loops from the root, as coverage labels them; a selector with `//` begins anywhere. */
  readonly labels: readonly string[];
  readonly anywhere: boolean;
}

/** Of a key of coverage, such as `PO1/REF(LT)02`. Undefined where no object around it takes extensions. */
export function suggestLine(mapping: EffectiveMapping, key: string): SuggestedLine | undefined {
  const parts = key.split('/');
  const last = parts.at(-1) ?? '';
  const name = nameOf(last);
  // A value of a loop's own trigger belongs to that loop: `PO1.ZZ`, `PO1/ACK29`.
  const own = listAt(mapping, [...parts.slice(0, -1), last.replace(/(\.[A-Z0-9]+|\d\d(-.*)?)$/, '')]);
  const places = [
    ...(own === undefined ? [] : [{ list: own, from: last }]),
    ...parts
      .map((_, index) => parts.length - 1 - index)
      .map((depth) => ({ list: listAt(mapping, parts.slice(0, depth)), from: parts.slice(depth).join('/') })),
  ];
  for (const { list, from } of places) {
    if (list === undefined) continue;
    const target = `${list === '' ? '' : `${list}.`}extensions.${name}`;
    // A qualifier may be anything that a partner wrote: what is no selector is no suggestion.
    if (mapping.fields.find(target) !== undefined && 'selector' in parseSelector(from, mapping.source.format)) return { target, from };
  }
  return undefined;
}

/** The list whose items stand for these loops; the document itself for none. */
function listAt(mapping: EffectiveMapping, around: readonly string[]): string | undefined {
  if (around.length === 0) return '';
  const chains = chainsOf(mapping).filter(({ labels, anywhere }) => {
    const start = anywhere ? around.length - labels.length : 0;
    return start >= 0 && start + labels.length === around.length && labels.every((label, index) => matches(label, around[start + index] ?? ''));
  });
  return chains[0]?.target;
}

/** `HL(I|P)` names the loop `HL(I)`; `PO1` names every PO1. */
function matches(label: string, loop: string): boolean {
  const [, id, values] = /^([A-Z0-9]+)(?:\((.*)\))?$/.exec(label) ?? [];
  const [, loopId, value] = /^([A-Z0-9]+)(?:\((.*)\))?$/.exec(loop) ?? [];
  return id === loopId && (values === undefined || values.split('|').includes(value ?? ''));
}

function chainsOf(mapping: EffectiveMapping): ListChain[] {
  const chains: ListChain[] = [];
  const lists = [...mapping.rules.values()].filter(({ target }) => target.list && target.kind === 'object');
  // Outer lists first, so that an inner one finds the chain that it hangs on.
  for (const { target, alternatives } of lists.sort((a, b) => a.target.rank - b.target.rank)) {
    const outer = chains.filter((chain) => target.path.startsWith(`${chain.target}.`)).at(-1);
    const [first] = alternatives.flatMap(({ each }) => each);
    if (first?.kind !== 'path') continue;
    const anywhere = first.steps[0]?.axis === 'descendant' || (first.origin === 'here' && outer?.anywhere === true);
    const free = first.steps[0]?.axis === 'descendant' || first.origin !== 'here';
    chains.push({ target: target.path, labels: [...(free ? [] : (outer?.labels ?? [])), ...labelsOf(first)], anywhere });
  }
  return chains;
}

const labelsOf = (selector: Extract<Selector, { kind: 'path' }>): string[] =>
  selector.steps.map(({ id, tests }) => {
    const test = tests.find(({ negated }) => !negated);
    return test === undefined ? id : `${id}(${test.values.join('|')})`;
  });

/** `refLt`, `po1Zz`, `dtm06806`: a name for now. */
function nameOf(part: string): string {
  const [, id = 'x', qualifier = '', rest = ''] = /^([A-Z0-9]+?)(?:\(([^)]*)\))?(\.[A-Z0-9]+|\d\d(?:-.*)?)$/.exec(part) ?? [];
  const words = [qualifier, rest === '02' && qualifier !== '' ? '' : rest].map((word) => word.replace(/[^A-Za-z0-9]/g, ''));
  return `${id.toLowerCase()}${words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`).join('')}`;
}
