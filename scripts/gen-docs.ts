/**
 * Writes the docs that repeat what the code says: docs/errors.md from the error table, docs/extensions.md from the
 * descriptors of channels, formats and destinations, the table of variables inside docs/operations.md and
 * the table of checks inside docs/x12.md.
 */
import { readFileSync } from 'node:fs';
import { CHANNELS } from '../src/channels/_registry.ts';
import { ENVIRONMENT, SECRET_PREFIX } from '../src/config.ts';
import type { Channel, Destination, Format } from '../src/core/contracts.ts';
import type { ErrorEntry } from '../src/core/errors/error-table.ts';
import { ERRORS } from '../src/core/errors/errors.ts';
import { DESTINATIONS } from '../src/destinations/_registry.ts';
import { FORMATS } from '../src/formats/_registry.ts';
import { CHECKS, LEVELS, type Level, type X12Code } from '../src/formats/x12/severity.ts';
import { writeOrCheck } from './generated-files.ts';
import { code, generatedBy, table } from './markdown.ts';
import { optionRows } from './options-table.ts';

const NOTICE = generatedBy('scripts/gen-docs.ts');

function errorsPage(): string {
  const entries: [string, ErrorEntry][] = Object.entries(ERRORS);
  const areas = groupByArea(entries);
  const sections = [...areas].map(([area, rows]) => {
    const body = rows.map(([name, entry]) => [code(name), entry.retry, String(entry.http), entry.summary, entry.remedy]);
    return `## ${area}\n\n${table(['Code', 'Retry', 'HTTP', 'What it says', 'What to do'], body)}`;
  });
  const intro = [
    'Every fault has one of these codes, wherever it is met: on a terminal, in a log line, in an HTTP answer, in a dead letter. The message says',
    'what was expected and what was found, `at` says where, `hint` says what to do there. *Retry* tells whether doing the same again may help.',
  ].join('\n');
  return `${NOTICE}\n\n# Errors\n\n${intro}\n\n${sections.join('\n\n')}\n`;
}

/** `ERR_X12_…` and `ERR_SFTP_…` are areas; a code of two words stands for itself. */
const areaOf = (name: string): string => name.split('_')[1] ?? name;

function groupByArea(entries: readonly [string, ErrorEntry][]): Map<string, [string, ErrorEntry][]> {
  const areas = new Map<string, [string, ErrorEntry][]>();
  for (const entry of entries) areas.set(areaOf(entry[0]), [...(areas.get(areaOf(entry[0])) ?? []), entry]);
  return areas;
}

function extensionsPage(): string {
  const kinds: [string, string, ReadonlyMap<string, Channel | Format | Destination>][] = [
    ['Channels', 'How documents come in: `channels` of a partner file.', CHANNELS],
    ['Formats', 'What documents are written in: `format` of a mapping.', FORMATS],
    ['Destinations', 'Where events go: a queue file.', DESTINATIONS],
  ];
  const sections = kinds.map(([title, use, registry]) => {
    const specs = [...registry.values()].map((spec) => {
      const rows = optionRows(spec.options).map((row) => [code(row.name), row.type, row.required ? 'yes' : '', code(row.fallback), row.description]);
      const options = rows.length === 0 ? 'No options.' : table(['Option', 'Type', 'Required', 'Default', 'Meaning'], rows);
      const examples = spec.examples.map((example) => `${example.title}:\n\n\`\`\`json\n${JSON.stringify(example.options, undefined, 2)}\n\`\`\``);
      return [`### ${spec.name}`, spec.summary, options, ...examples].join('\n\n');
    });
    return [`## ${title}`, use, ...specs].join('\n\n');
  });
  return `${[NOTICE, '# Extensions', ...sections].join('\n\n')}\n`;
}

/** The page is written by hand but for what stands between two marks. */
function withTable(file: string, begin: string, end: string, made: string): string {
  const page = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file}: expected the marks ${begin} and ${end}`);
  return `${before}${begin}\n${made}\n${end}${after}`;
}

function operationsPage(): string {
  const rows = Object.entries(ENVIRONMENT).map(([name, variable]) => [code(name), variable.default, variable.what, variable.expected]);
  const secrets = [code(`${SECRET_PREFIX}<NAME>`), 'unset', 'A secret that a file names as env:…', 'text that is long enough'];
  const made = table(['Variable', 'Default', 'What', 'Expected'], [...rows, secrets]);
  return withTable('docs/operations.md', '<!-- environment: from src/config.ts by npm run gen -->', '<!-- end of environment -->', made);
}

/** Every check with what it does, and the name by which a partner file moves it. */
function x12Page(): string {
  const checks: [X12Code, { level: Level; severity: string; name?: string }][] = Object.entries(CHECKS) as never;
  const sections = Object.entries(LEVELS).map(([level, what]) => {
    const rows = checks
      .filter(([, check]) => check.level === level)
      .map(([name, check]) => [check.name === undefined ? '' : code(check.name), check.severity, code(name), ERRORS[name].summary]);
    return `**${level}**: ${what}.\n\n${table(['Name', 'Does', 'Code', 'What it says'], rows)}`;
  });
  const made = `\n${sections.join('\n\n')}\n`;
  return withTable('docs/x12.md', '<!-- checks: from src/formats/x12/severity.ts by npm run gen -->', '<!-- end of checks -->', made);
}

writeOrCheck(
  new Map([
    ['docs/errors.md', errorsPage()],
    ['docs/extensions.md', extensionsPage()],
    ['docs/operations.md', operationsPage()],
    ['docs/x12.md', x12Page()],
  ]),
);
