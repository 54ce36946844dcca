/** `quayside map show`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatPlace } from '../../core/place.ts';
import type { CompiledMapping } from '../../mapping/compiled-mapping.ts';
import type { Rule } from '../../mapping/rule-syntax.ts';
import type { Application } from '../application.ts';
import { findMapping } from '../map-source.ts';
import type { Commands } from '../program.ts';
import { EXIT, printList, type Terminal } from '../terminal.ts';

interface Shown {
  readonly kind: 'rule' | 'code' | 'ignore';
  readonly name: string;
  readonly says: unknown;
  readonly at: string;
  readonly overrides: readonly string[];
}

/** The whole effective mapping: rules, the codes of tables that files wrote, what is ignored. */
export async function show({ terminal, application }: Commands, [name = '']: readonly string[], { json }: { json?: boolean }): Promise<number> {
  const mapping = findMapping(catalogFor(await application(), name, terminal).mappings, name);
  if (!json) {
    const { effective, version, hash } = mapping;
    terminal.out(
      `${mapping.name} ${version}, hash ${hash.slice(0, 12)}${effective.bases.length === 0 ? '' : `, extends ${effective.bases.join(', ')}`}`,
    );
    terminal.out(`from x12 ${mapping.source.set} (${mapping.source.versions.join(', ')}) to ${mapping.target}`);
  }
  printList(terminal, json, rowsOf(mapping), {
    header: ['FIELD', 'FROM', 'RULE'],
    cells: ({ name: field, says, at, overrides }) => [field, inWords(says), overrides.length === 0 ? at : `${at} overrides ${overrides.join(', ')}`],
  });
  return EXIT.done;
}

/** The home's files, or the demo's where the home has no such mapping. */
function catalogFor(app: Application, name: string, terminal: Terminal) {
  const own = app.loadCatalog(app.home).catalog;
  if (own.mappings.find(name) !== undefined || existsSync(join(app.home, 'mappings', `${name}.yaml`))) return own;
  const demo = app.loadCatalog(app.demoHome).catalog;
  if (demo.mappings.find(name) === undefined) return own;
  terminal.error(`${name} is a mapping of the demo`);
  return demo;
}

function rowsOf({ effective }: CompiledMapping): Shown[] {
  const { rules, codes, ignored, fields } = effective;
  const rank = (path: string): number => fields.find(path)?.rank ?? 0;
  return [
    ...[...rules]
      .sort(([a], [b]) => rank(a) - rank(b))
      .map(([path, rule]): Shown => ({ kind: 'rule', name: path, says: rule.said, at: formatPlace(rule.place), overrides: replacedBy(rule) })),
    ...[...codes].flatMap(([table, entries]) =>
      [...entries]
        .filter(([, entry]) => entry.place !== undefined)
        .map(([code, { value, at }]): Shown => ({ kind: 'code', name: `codes.${table}.${code}`, says: value, at, overrides: [] })),
    ),
    ...ignored.map(({ selector, why, at }): Shown => ({ kind: 'ignore', name: 'ignore', says: `${selector.text}: ${why}`, at, overrides: [] })),
  ];
}

function replacedBy(rule: Rule): string[] {
  const places: string[] = [];
  for (let base = rule.replaces; base !== undefined; base = base.replaces) places.push(formatPlace(base.place));
  return places;
}

/** `BAK03`; `BAK02, codes ack-type`; alternatives with `or`, conditions with `and`. */
function inWords(said: unknown): string {
  if (typeof said === 'string') return said;
  if (Array.isArray(said)) return said.map(inWords).join(' or ');
  if (typeof said !== 'object' || said === null) return String(said);
  return Object.entries(said)
    .map(([key, value]) => {
      if (key === 'from') return inWords(value);
      const words = Array.isArray(value) ? value.join(key === 'when' || key === 'where' ? ' and ' : ', ') : undefined;
      return `${key} ${words ?? (typeof value === 'object' ? JSON.stringify(value) : value)}`;
    })
    .join(', ');
}
