/** `quayside map draft`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { InterchangeReading } from '../../core/acknowledgment.ts';
import { GatewayError } from '../../core/errors/errors.ts';
import type { CompiledMapping } from '../../mapping/compiled-mapping.ts';
import { Questions } from '../../mapping/draft/questions.ts';
import { look, type Sample, type Seen, Tally } from '../../mapping/draft/seen.ts';
import { writeDraft } from '../../mapping/draft/write-draft.ts';
import type { Partner } from '../../partners/partner-file.ts';
import type { Application } from '../application.ts';
import { openInput } from '../input.ts';
import { inFile, parseSource } from '../map-source.ts';
import { schemaLine } from '../partner/scaffold.ts';
import type { Commands } from '../program.ts';
import { EXIT, printProblems, type Terminal } from '../terminal.ts';

interface DraftOptions {
  readonly partner?: string;
  readonly out?: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

interface Survey {
  readonly base: CompiledMapping;
  readonly seen: Seen;
  readonly questions: Questions;
  readonly files: Set<string>;
  documents: number;
}

/** One draft for each kind of document; nothing is guessed, what is not known is asked. */
export async function draft({ terminal, application }: Commands, files: readonly string[], options: DraftOptions): Promise<number> {
  const app = await application();
  const { catalog } = app.loadCatalog(existsSync(join(app.home, 'mappings')) || existsSync(join(app.home, 'partners')) ? app.home : app.demoHome);
  const partner = options.partner === undefined ? undefined : catalog.partners.get(options.partner);
  const surveys = new Map<string, Survey>();
  for (const file of files) await survey(app, file, partner, (set) => catalog.mappings.find(`std/x12-${set}`), surveys, terminal);
  if (surveys.size === 0) throw new GatewayError('ERR_FORMAT_UNKNOWN', 'expected at least one document in the samples, found none');
  const drafts = [...surveys].map(([set, { base, seen, questions, files: from, documents }]) => {
    const place = placeOfDraft(app, set, options, surveys.size > 1);
    const asked = questions.list();
    const text = writeDraft({
      name: place.name,
      base,
      schemaLine: schemaLine(`mapping.x12-${set}`),
      files: [...from],
      documents,
      seen,
      questions: asked,
      unfilled: questions.unfilled(),
    });
    return { set, ...place, text, questions: asked, seen };
  });
  for (const { path } of drafts) refuseExisting(path, options);
  for (const { set, name, path, text, questions, seen } of drafts) {
    if (path !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    if (options.json) terminal.out(JSON.stringify({ set, mapping: name, file: path, questions, seen: countsOf(seen), text }));
    else if (path === undefined) await terminal.write(text);
    else terminal.out(`wrote ${relative(process.cwd(), path)}: ${questions.length} questions`);
  }
  return EXIT.done;
}

async function survey(
  app: Application,
  file: string,
  partner: Partner | undefined,
  baseOf: (set: string) => CompiledMapping | undefined,
  surveys: Map<string, Survey>,
  terminal: Terminal,
): Promise<void> {
  const input = await openInput(file);
  try {
    // Two readers: a sample on which they disagree is no ground to stand on.
    const delimiters = new Map<number, string>();
    const { documents, faults } = await parseSource(app.extensions.formats, input.source, file, partner, {
      options: { crossCheck: true },
      onInterchange: (reading) => delimiters.set(reading.unit, inWords(reading.delimiters)),
    });
    printProblems(terminal, inFile(file, faults));
    for (const document of documents) {
      const base = surveys.get(document.type)?.base ?? baseOf(document.type);
      if (base === undefined) {
        terminal.error(`${file}, document ${document.ordinal}: left out, as no standard mapping reads a ${document.type}`);
        continue;
      }
      const known: Survey = surveys.get(document.type) ?? {
        base,
        seen: new Map([['delimiters', new Tally()]]),
        questions: new Questions(base),
        files: new Set(),
        documents: 0,
      };
      surveys.set(document.type, known);
      const sample: Sample = { file, document };
      known.documents++;
      known.files.add(file);
      const delimiter = delimiters.get(document.unit) ?? '';
      known.seen.get('delimiters')?.add(delimiter, () => ({ text: delimiter, where: file }));
      look(sample, base, known.seen);
      known.questions.ask(sample);
    }
  } finally {
    await input.close();
  }
}

/** With signs for what cannot be printed: `element * component > segment \n`. */
function inWords({ element, component, repetition, segment }: InterchangeReading['delimiters']): string {
  const shown = (sign: string): string => JSON.stringify(sign).slice(1, -1);
  const more = repetition === undefined ? '' : ` repetition ${shown(repetition)}`;
  return `element ${shown(element)} component ${shown(component)}${more} segment ${shown(segment)}`;
}

/** `--out` names a file, or with several kinds of document a folder; a file in mappings/ has its name from there. */
function placeOfDraft(
  { home }: Application,
  set: string,
  { partner = 'new-partner', out }: DraftOptions,
  several: boolean,
): { name: string; path?: string } {
  if (out === undefined) return { name: `${partner}/${set}` };
  if (several && out.endsWith('.yaml'))
    throw new GatewayError('ERR_USAGE', `--out: expected a folder, as the samples are of several kinds, found the file ${out}`);
  const path = resolve(out.endsWith('.yaml') ? out : join(out, `${set}.yaml`));
  const inside = relative(resolve(home, 'mappings'), path);
  return {
    name: inside.startsWith('..')
      ? `${partner}/${set}`
      : inside
          .split(sep)
          .join('/')
          .replace(/(\.v\d+)?\.yaml$/, ''),
    path,
  };
}

function refuseExisting(path: string | undefined, { replace }: DraftOptions): void {
  if (path === undefined || replace || !existsSync(path)) return;
  throw new GatewayError('ERR_FILE_EXISTS', `expected nothing at ${path}, found a file; nothing was written`, {
    hint: 'look at the draft without --out first, or say --replace',
  });
}

const countsOf = (seen: Seen) =>
  Object.fromEntries([...seen].map(([name, tally]) => [name, Object.fromEntries(tally.entries.map(([value, { count }]) => [value, count]))]));
