/**
 * A YAML file that people write, with the place of every key and value.
 *
 * Refuses what makes such files lie: anchors, aliases, merge keys, duplicate keys, several documents, and nesting
 * or size that no honest file has. Scalars keep their source text, so that an id never passes through a number.
 */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments, visit } from 'yaml';
import type { FilePlace } from './place.ts';
import type { Problem } from './problem.ts';

export const MAX_FILE_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;

export type YamlPath = readonly (string | number)[];

export interface YamlFile {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Place of the value at `path`, or of its nearest ancestor that exists; `'key'` for the key itself. */
  placeOf(path: YamlPath, part?: 'key' | 'value'): FilePlace;
  /** The scalar at `path` as written, and whether it stood in quotes; undefined if there is no scalar. */
  scalarAt(path: YamlPath): { readonly source: string; readonly quoted: boolean } | undefined;
}

/** Parses; the file is undefined when it has problems that leave nothing to read. `file` is only a name. */
export function parseYamlFile(file: string, text: string): { file?: YamlFile; problems: Problem[] } {
  const lines = new LineCounter();
  const at = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax = (offset: number, message: string, hint?: string): Problem => ({
    code: 'ERR_FILE_SYNTAX',
    severity: 'error',
    message,
    at: at(offset),
    hint,
  });

  if (Buffer.byteLength(text) > MAX_FILE_BYTES)
    return { problems: [syntax(0, `expected at most ${MAX_FILE_BYTES} bytes, found ${Buffer.byteLength(text)}`)] };
  const tooDeep = findTooDeep(text);
  if (tooDeep !== undefined) return { problems: [syntax(tooDeep, `expected at most ${MAX_DEPTH} levels of nesting`)] };

  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, strict: true, merge: false, logLevel: 'silent' });
  if (!Array.isArray(documents) || documents.length === 0) return { problems: [syntax(0, 'expected a YAML document, found an empty file')] };
  const [document, second] = documents;
  if (document === undefined) return { problems: [syntax(0, 'expected a YAML document, found an empty file')] };
  const problems: Problem[] = document.errors.map((e) => syntax(e.pos[0], (e.message.split('\n')[0] ?? e.message).replace(/ at line \d+.*$/, '')));
  if (second !== undefined) problems.push(syntax(second.range[0], 'expected one YAML document, found a second one'));
  visit(document, {
    Alias: (_key, node) =>
      void problems.push(syntax(node.range?.[0] ?? 0, `aliases are not allowed, found *${node.source}`, 'write the value out, or use extends')),
    Node: (_key, node) => {
      if ('anchor' in node && node.anchor && !isAlias(node))
        problems.push(syntax(node.range?.[0] ?? 0, `anchors are not allowed, found &${node.anchor}`, 'write the value out, or use extends'));
    },
    Pair: (_key, pair: Pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<')
        problems.push(syntax(pair.key.range?.[0] ?? 0, 'merge keys are not allowed, found <<', 'write the keys out, or use extends'));
    },
  });
  if (problems.length > 0) return { problems };

  const root = document.contents;
  const placeOf = (path: YamlPath, part: 'key' | 'value' = 'value'): FilePlace => {
    let node: unknown = root;
    let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0;
    for (const [index, step] of path.entries()) {
      const found = childOf(node, step);
      if (found === undefined) break;
      const wantKey = part === 'key' && index === path.length - 1;
      offset = (wantKey ? found.keyOffset : undefined) ?? found.value?.range?.[0] ?? found.keyOffset ?? offset;
      node = found.value;
    }
    return at(offset);
  };
  const scalarAt = (path: YamlPath) => {
    let node: unknown = root;
    for (const step of path) node = childOf(node, step)?.value;
    if (!isScalar(node)) return undefined;
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
    return { source: node.source ?? String(node.value), quoted };
  };
  return { file: { file, text, value: document.toJS({ maxAliasCount: 0 }), placeOf, scalarAt }, problems: [] };
}

function childOf(node: unknown, step: string | number): { value: Node | null; keyOffset?: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
    if (pair === undefined) return undefined;
    return { value: isNode(pair.value) ? pair.value : null, keyOffset: isNode(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return isNode(item) ? { value: item } : undefined;
  }
  return undefined;
}

/** Offset at which flow brackets or indentation nest deeper than allowed; the parser itself recurses and must not see such a text. */
function findTooDeep(text: string): number | undefined {
  let depth = 0;
  let dashes = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x0a) dashes = 0;
    else if (c === 0x5b || c === 0x7b) depth++;
    else if (c === 0x5d || c === 0x7d) depth = Math.max(0, depth - 1);
    else if (c === 0x2d && text.charCodeAt(i + 1) === 0x20) dashes++;
    if (depth > MAX_DEPTH || dashes > MAX_DEPTH) return i;
  }
  return indentTooDeep(text);
}

function indentTooDeep(text: string): number | undefined {
  const indents: number[] = [];
  for (const match of text.matchAll(/^( *)[^\s#]/gm)) {
    const indent = match[1]?.length ?? 0;
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
    indents.push(indent);
    if (indents.length > MAX_DEPTH) return match.index;
  }
  return undefined;
}
