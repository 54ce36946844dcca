/** `quayside map …`: what analysts live in. All of it works offline, on files. */
import type { Command } from 'commander';
import type { Run } from './program.ts';

/** How the table of commands adds one: its work, its example, `--json`. */
export interface Ways {
  act<Options>(command: Command, load: () => Promise<Run<Options>>): Command;
  example(command: Command, text: string): Command;
  json(command: Command): Command;
}

export function addMapCommands(program: Command, { act, example, json }: Ways): void {
  const map = program.command('map').description('write, test and explain mappings');
  const ofPartner = (command: Command): Command =>
    json(command).requiredOption('--partner <name>').option('--mapping <name>', 'use this mapping, whatever the partner file says');

  act(
    json(
      example(
        map.command('test').description('run the golden folders beside the mappings, and those of every mapping that extends one of them'),
        'quayside map test acme',
      ),
    )
      .argument('[partner|paths...]', 'a partner, or mapping files and golden folders; all if none')
      .option('--update', 'write out.json as it now is; read the difference before you commit it'),
    async () => (await import('./commands/map-test.ts')).test,
  );
  act(
    example(
      ofPartner(map.command('preview').description('what a document becomes: each field, its value and where it came from')),
      'quayside map preview 855.edi --partner acme',
    ).argument('<file>', 'a file, or - for standard input'),
    async () => (await import('./commands/map-preview.ts')).preview,
  );
  act(
    example(
      ofPartner(map.command('explain').description('how one value came about: element, conversions, rule, what it overrides')),
      "quayside map explain 855.edi 'lines[4].price.amount' --partner acme",
    )
      .argument('<file>', 'a file, or - for standard input')
      .argument('<path>', 'of a value, or of what holds several'),
    async () => (await import('./commands/map-explain.ts')).explain,
  );
  act(
    json(
      example(map.command('show').description('every rule in force, and the file and line it came from'), 'quayside map show acme/855').argument(
        '<name>',
        'of a mapping',
      ),
    ),
    async () => (await import('./commands/map-show.ts')).show,
  );
  act(
    json(
      example(
        map.command('coverage').description('source that no rule reads, by loop and qualifier; exit 1 while any is unexplained'),
        'quayside map coverage samples/*.edi --partner acme',
      ),
    )
      .argument('[files...]')
      .option('--partner <name>', 'of the files; with --live only this partner')
      .option('--mapping <name>', 'use this mapping, whatever the partner file says')
      .option('--live', 'of the documents that really came, and how often each rule gave a value'),
    async () => (await import('./commands/map-coverage.ts')).coverage,
  );
  act(
    json(
      example(
        map
          .command('mutate')
          .description('leave out each rule, fallback, default, condition and code in turn: exit 1 while no test notices one of them'),
        'quayside map mutate acme',
      ).argument('[partner|paths...]', 'a partner or a mapping, or mapping files and folders; all if none'),
    ),
    async () => (await import('./commands/map-mutate.ts')).mutate,
  );
  act(
    json(
      example(
        map.command('draft').description('a first mapping from sample files: what is in them, and what they ask; nothing is guessed'),
        'quayside map draft samples/*.edi --partner northwind --out mappings/northwind',
      ).argument('<samples...>', 'files, or - for standard input'),
    )
      .option('--partner <name>', 'whose they are')
      .option('--out <path>', 'write it to this file, or to files of this folder')
      .option('--replace', 'also over a file that is there'),
    async () => (await import('./commands/map-draft.ts')).draft,
  );
  act(
    json(
      example(
        map
          .command('diff')
          .description('what these files would change in documents that came before, by target field; nothing is delivered or written'),
        'quayside map diff acme --since 30d\n  $ quayside map diff acme --files samples/*.edi --against main',
      ).argument('[partner]', 'all if none; with --files whose they are'),
    )
      .option('--since <time>', 'received since, such as 2026-11-24 or 30d; all if not said')
      .option('--limit <n>', 'at most so many documents, the newest', '2000')
      .option('--files <files...>', 'offline: these instead of the archive, with --against')
      .option('--against <revision>', "offline: the git revision whose mapping files are compared with this checkout's"),
    async () => (await import('./commands/map-diff.ts')).diff,
  );
}
