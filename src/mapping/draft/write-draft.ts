/**
 * A first mapping file from samples: it extends the standard and changes nothing yet, because nobody has said what the samples mean.
 *
 * It lints as written. Without the `# ` in front of it, a suggested line is a line of the file; a question stays a comment.
 */
import type { CompiledMapping } from '../compiled-mapping.ts';
import type { Question } from './questions.ts';
import type { Seen } from './seen.ts';

export interface Draft {
  readonly name: string;
  readonly base: CompiledMapping;
  readonly schemaLine: string;
  /** As people name them. */
  readonly files: readonly string[];
  readonly documents: number;
  readonly seen: Seen;
  readonly questions: readonly Question[];
  readonly unfilled: readonly string[];
}

export function writeDraft({ name, base, schemaLine, files, documents, seen, questions, unfilled }: Draft): string {
  const of = (about: Question['about']) => questions.filter((question) => question.about === about);
  const lines = [
    schemaLine,
    `# Drafted from ${documents} ${documents === 1 ? 'document' : 'documents'}. It changes nothing yet: a line that begins with "# ?" is a question.`,
    '# Answer it with a line (a suggestion counts when the "# " before it is gone), or remove it.',
    '#',
    ...wrapped(files).map((line) => line.replace('#  ', '# from')),
    ...seenLines(seen),
    `mapping: ${name}`,
    'version: 0.1.0',
    `extends: ${base.effective.name}@${base.effective.major}`,
    ...[...of('reader'), ...of('file')].map(asked),
    ...section('set', of('set'), ({ target, says }) => `#   ${target}: ${says}`),
    ...codeSection(of('codes')),
    ...(unfilled.length === 0 ? [] : ['', '# No sample fills these fields of the base:', ...wrapped(unfilled)]),
  ];
  return `${lines.map((line) => (line.startsWith('#') ? oneLine(line) : line)).join('\n')}\n`;
}

const asked = ({ text }: Question): string => `# ? ${text}`;

/** What a partner wrote stands in comments only: no sign of it may end the line, whatever YAML or an editor takes for its end. */
const oneLine = (comment: string): string => comment.replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, '\u00b7');

function seenLines(seen: Seen): string[] {
  const width = Math.max(0, ...[...seen.keys()].map((name) => name.length));
  return [...seen].flatMap(([name, tally]) => {
    const values = tally.entries.map(([value, { count }]) => `${value} ×${count}`);
    return values.length === 0 ? [] : [`# seen ${name.padEnd(width)}  ${values.join(', ')}`];
  });
}

function section(title: string, questions: readonly Question[], line: (answer: NonNullable<Question['answer']>) => string): string[] {
  if (questions.length === 0) return [];
  return [
    '',
    `# ${title}:`,
    ...questions.flatMap((question) => [asked(question), ...(question.answer === undefined ? [] : [line(question.answer)])]),
  ];
}

/** A table stands once, whatever many codes of it are asked for. */
function codeSection(questions: readonly Question[]): string[] {
  const lines: string[] = questions.length === 0 ? [] : ['', '# codes:'];
  for (const table of new Set(questions.map(({ answer }) => answer?.target))) {
    const asking = questions.filter(({ answer }) => answer?.target === table);
    lines.push(`#   ${table}:`, ...asking.flatMap((question) => [asked(question), `#     ${question.answer?.says}: …`]));
  }
  return lines;
}

function wrapped(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 140) lines.push(`#   ${word}`);
    else lines[lines.length - 1] = `${last}, ${word}`;
  }
  return lines;
}
