/** `quayside`: the table of commands. Each command's work loads when it is run, so that `--help` stays quick. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Application } from './application.ts';
import { addMapCommands } from './map-commands.ts';
import { addPartnerCommands } from './partner-commands.ts';
import { EXIT, reportFailure, type Terminal } from './terminal.ts';

export interface Commands {
  readonly terminal: Terminal;
  /** Builds the composition root on first use. */
  application(): Promise<Application>;
}

/** What a command does with what it was given; returns the exit status. */
export type Run<Options> = (commands: Commands, args: readonly string[], options: Options) => Promise<number>;

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

export async function runProgram(argv: readonly string[], version: string, commands: Commands): Promise<number> {
  let status: number = EXIT.done;
  const program = new Command('quayside')
    .description('Self-hosted EDI and partner gateway')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => commands.terminal.out(text.trimEnd()), writeErr: (text) => commands.terminal.error(text.trimEnd()) });

  const act = <Options>(command: Command, load: () => Promise<Run<Options>>): Command =>
    command.exitOverride().action(async (...given: unknown[]) => {
      const args = given
        .slice(0, -2)
        .flat()
        .filter((arg): arg is string => typeof arg === 'string');
      status = await (await load())(commands, args, given.at(-2) as Options);
    });
  const example = (command: Command, text: string): Command => command.addHelpText('after', `\nExample:\n  $ ${text}`);
  const json = (command: Command): Command => command.option('--json', 'one JSON object a line, for machines');
  const reason = (command: Command): Command => json(command).requiredOption('--reason <text>', 'why; kept in the audit');

  act(
    example(program.command('start').description('run the gateway'), 'quayside start --role channels').addOption(
      new Option('--role <role...>', 'which parts to run in this process')
        .choices(['all', 'api', 'channels', 'translate', 'deliver', 'control'])
        .default(['all']),
    ),
    async () => (await import('./commands/start.ts')).start,
  );
  act(
    example(program.command('demo').description('two partners, a real SFTP drop and a demo ERP, all on this machine'), 'quayside demo --once').option(
      '--once',
      'end when every document was delivered and verified',
    ),
    async () => (await import('./demo/demo.ts')).demo,
  );
  act(
    json(
      example(program.command('lint').description('all faults of partner, mapping and queue files at once'), 'quayside lint').argument('[paths...]'),
    ),
    async () => (await import('./commands/lint.ts')).lint,
  );
  act(
    example(
      program.command('translate').description('translate a document offline: one CloudEvent a line, no database'),
      'quayside translate 855.edi --partner acme --lineage',
    )
      .argument('<file>', 'a file, or - for standard input')
      .requiredOption('--partner <name>')
      .option('--json', 'what it prints anyway')
      .option('--lineage', 'where each value came from, on each event')
      .option('--mapping <name>', 'use this mapping, whatever the partner file says')
      .addOption(new Option('--format <format>').choices(['x12'])),
    async () => (await import('./commands/translate.ts')).translate,
  );
  const x12 = program.command('x12').description('look into X12 files');
  act(
    json(
      example(
        x12.command('inspect').description('envelopes, sets, loops and segments in words, and faults where they stand'),
        'quayside x12 inspect drop/855.edi',
      ).argument('<file>', 'a file, or - for standard input'),
    )
      .option('--partner <name>', 'with the leniencies, levels and guide of this partner')
      .option('--cross-check', 'let a second reader read every segment, and report where the two disagree')
      .option('--sets <n>', 'show so many sets whole, 20 if not said', wholeNumber)
      .option('--all', 'show every set and segment'),
    async () => (await import('./commands/x12.ts')).inspect,
  );
  act(
    json(
      example(
        x12
          .command('ack')
          .description('the TA1, 997 or 999 that would be sent; control numbers count from 1, date and time are those of the interchange'),
        'quayside x12 ack drop/855.edi --partner acme',
      ).argument('<file>', 'a file, or - for standard input'),
    ).option('--partner <name>', 'as its partner file says; without it a TA1 where ISA14 asks for one, and a 997 for each group'),
    async () => (await import('./commands/x12.ts')).ack,
  );

  addMapCommands(program, { act, example, json });
  addPartnerCommands(program, { act, example, json });

  const messages = program.command('messages').description('what was received and what became of it');
  act(
    json(example(messages.command('list').description('newest first'), 'quayside messages list --po 4711'))
      .option('--partner <name>')
      .option('--po <number>', 'a purchase order number')
      .option('--status <status>')
      .option('--since <time>', 'such as 2026-11-24, 2026-11-24T05:00Z or 2h')
      .option('--limit <n>', 'at most so many', '100'),
    async () => (await import('./commands/messages.ts')).list,
  );
  act(
    json(
      example(messages.command('show').description('documents, events, deliveries and attempts of one'), 'quayside messages show ID').argument(
        '<id>',
      ),
    ),
    async () => (await import('./commands/messages.ts')).show,
  );
  act(
    example(messages.command('raw').description('the bytes as they came'), 'quayside messages raw ID > 855.edi').argument('<id>'),
    async () => (await import('./commands/messages.ts')).raw,
  );

  act(
    reason(
      example(
        messages.command('route').description('send events that no endpoint wanted to those that want them now'),
        'quayside messages route --unrouted --partner acme --dry-run --reason "warehouse is connected"',
      ),
    )
      .argument('[ids...]', 'of messages or events')
      .option('--unrouted', 'every unrouted event that the filters leave')
      .option('--partner <name>')
      .option('--since <time>', 'published since, such as 2026-11-24 or 2h')
      .option('--dry-run', 'say what would be sent where')
      .option('--yes', 'do not ask'),
    async () => (await import('./commands/route.ts')).route,
  );

  const dead = program.command('dead').description('what could not be translated or delivered, grouped by cause');
  act(
    json(example(dead.command('list').description('grouped by fingerprint'), 'quayside dead list --partner acme'))
      .option('--partner <name>')
      .option('--endpoint <name>')
      .option('--po <number>')
      .option('--fingerprint <hash>', 'the dead letters of this cause')
      .option('--since <time>', 'given up since, such as 2026-11-24, 2026-11-24T05:00Z or 2h')
      .option('--limit <n>', 'at most so many causes, 20 if not said; with --fingerprint or --json so many dead letters, 1000 if not said'),
    async () => (await import('./commands/dead.ts')).list,
  );
  act(
    json(example(dead.command('show').description('cause, attempts and the document'), 'quayside dead show ID').argument('<id>')),
    async () => (await import('./commands/dead.ts')).show,
  );
  act(
    reason(
      example(
        dead.command('skip').description('let its order go on without it; it can be replayed later'),
        'quayside dead skip ID --reason "sent by hand"',
      ).argument('<id>'),
    ),
    async () => (await import('./commands/dead.ts')).skip,
  );
  act(
    reason(example(dead.command('discard').description('give it up for good'), 'quayside dead discard ID --reason "test data"').argument('<id>')),
    async () => (await import('./commands/dead.ts')).discard,
  );

  const acks = program.command('acks').description('acknowledgments: what partners are owed, and what they said of ours');
  act(
    json(
      example(
        acks.command('list').description('TA1, 997 and 999, the newest first: withheld, on their way, delivered'),
        'quayside acks list --overdue',
      ),
    )
      .option('--partner <name>')
      .option('--overdue', 'only what is withheld or undelivered for longer than the partner file allows (acknowledgments.within)')
      .addOption(new Option('--received', 'instead: what partners said of what we sent').conflicts('overdue')),
    async () => (await import('./commands/acks.ts')).list,
  );

  const quarantine = program.command('quarantine').description('what waits for a person: strange senders, documents that contradict what was sent');
  act(
    json(example(quarantine.command('list').description('the oldest first'), 'quayside quarantine list --partner acme'))
      .option('--partner <name>')
      .option('--since <time>', 'such as 2026-11-24, 2026-11-24T05:00Z or 2h'),
    async () => (await import('./commands/quarantine.ts')).list,
  );
  act(
    json(example(quarantine.command('show').description('why, and what differs from what was sent'), 'quayside quarantine show ID').argument('<id>')),
    async () => (await import('./commands/quarantine.ts')).show,
  );
  act(
    reason(
      example(
        quarantine.command('release').description('translate it and send it: its sender is right, or it is the next revision'),
        'quayside quarantine release ID --reason "confirmed by phone"',
      ).argument('<id>'),
    ),
    async () => (await import('./commands/quarantine.ts')).release,
  );
  act(
    reason(
      example(
        quarantine.command('reject').description('never send it; its bytes are kept'),
        'quayside quarantine reject ID --reason "not ours"',
      ).argument('<id>'),
    ),
    async () => (await import('./commands/quarantine.ts')).reject,
  );

  act(
    json(
      example(
        program.command('replay').description('once more: dead letters and delivered events'),
        'quayside replay --dead --partner acme --dry-run',
      ),
    )
      .argument('[ids...]', 'of deliveries, documents or messages')
      .option('--dead', 'every dead letter that the filters leave')
      .option('--skipped', 'every skipped delivery that the filters leave; with --out-of-order')
      .option('--succeeded', 'every delivery that the filters leave and that arrived once already')
      .option('--partner <name>')
      .option('--po <number>')
      .option('--fingerprint <hash>')
      .option('--endpoint <name>')
      .option('--event <name>', 'such as invoice.received')
      .option('--since <time>', 'ended since, such as 2026-11-24, 2026-11-24T05:00Z or 2h')
      .option('--until <time>', 'ended before')
      .addOption(
        new Option('--mode <mode>', 'resend: the same event under the same key; retranslate: the document by the mapping now in force')
          .choices(['resend', 'retranslate'])
          .default('resend'),
      )
      .option('--rate <n>', 'at most so many a second; 20 if not said, which live traffic hardly feels')
      .option('--detach', 'do not follow the job to its end')
      .option('--dry-run', 'say what would be replayed')
      .option('--yes', 'do not ask')
      .option('--out-of-order', 'replay what was skipped, although later documents of its order went ahead')
      .option('--reason <text>', 'why; kept in the audit'),
    async () => (await import('./commands/replay.ts')).replay,
  );
  const replays = program.command('replays').description('what was replayed in bulk, and how far it is');
  act(
    json(example(replays.command('list').description('newest first'), 'quayside replays list')),
    async () => (await import('./commands/replays.ts')).list,
  );
  act(
    json(example(replays.command('show').description('progress and outcome of one'), 'quayside replays show ID').argument('<id>')),
    async () => (await import('./commands/replays.ts')).show,
  );
  act(
    reason(
      example(replays.command('cancel').description('replay nothing more'), 'quayside replays cancel ID --reason "the ERP is down again"').argument(
        '<id>',
      ),
    ),
    async () => (await import('./commands/replays.ts')).cancel,
  );

  act(
    json(
      example(
        program.command('receive').description('hand documents in by hand, or take what an archive keeps once more; through the same door'),
        'quayside receive 855.edi --partner acme\n  $ quayside receive --archive drop --partner acme --since 2026-11-24',
      ),
    )
      .argument('[paths...]', 'files, or folders whose files are taken in order of time, then of name')
      .requiredOption('--partner <name>')
      .option('--archive <channel>', 'read the archive of this channel; what is known already is passed over')
      .option('--only-new', 'pass over files whose bytes are here already')
      .option('--since <time>', 'leave out files that are older, such as 2026-11-24, 2026-11-24T05:00Z or 2h'),
    async () => (await import('./commands/receive.ts')).receive,
  );

  const endpoint = program.command('endpoint').description('where events go');
  act(
    json(example(endpoint.command('list').description('state and backlog of each'), 'quayside endpoint list')),
    async () => (await import('./commands/endpoint.ts')).list,
  );
  act(
    reason(
      example(endpoint.command('pause').description('attempt nothing, keep everything'), 'quayside endpoint pause erp --reason upgrade').argument(
        '<name>',
      ),
    ),
    async () => (await import('./commands/endpoint.ts')).pause,
  );
  act(
    json(example(endpoint.command('resume').description('go on'), 'quayside endpoint resume erp'))
      .argument('<name>')
      .option('--reason <text>'),
    async () => (await import('./commands/endpoint.ts')).resume,
  );
  act(
    reason(
      example(
        endpoint.command('retire').description('take it out of service and say where its backlog goes; then remove its queue file'),
        'quayside endpoint retire erp --to erp2 --dry-run --reason "moved to the new ERP"',
      ).argument('<name>'),
    )
      .option('--to <other>', 'open and dead deliveries go to this endpoint, in their order')
      .option('--discard', 'open and dead deliveries are given up')
      .option('--dry-run', 'say what would be done')
      .option('--yes', 'do not ask'),
    async () => (await import('./commands/endpoint.ts')).retire,
  );

  const keys = program.command('keys').description('who may call the HTTP API');
  act(
    json(
      example(
        keys.command('create').description('make one; its secret is shown only now'),
        'quayside keys create erp --scope events:read messages:read --expires 90d',
      )
        .argument('<name>', 'of whoever uses it; two of a name may live at a time, to rotate')
        .requiredOption('--scope <scope...>', 'what it may do, in full; see docs/http-api.md')
        .option('--partner <name...>', 'only for these partners')
        .requiredOption('--expires <span>', 'such as 90d or 12h, or never')
        .option('--reason <text>', 'why; kept in the audit'),
    ),
    async () => (await import('./commands/keys.ts')).create,
  );
  act(
    json(example(keys.command('list').description('without their secrets, which stand nowhere'), 'quayside keys list')),
    async () => (await import('./commands/keys.ts')).list,
  );
  act(
    reason(example(keys.command('revoke').description('accept it no more'), 'quayside keys revoke ID --reason "left the company"').argument('<id>')),
    async () => (await import('./commands/keys.ts')).revoke,
  );
  const audit = program.command('audit').description('who changed what, and why');
  act(
    json(example(audit.command('list').description('newest first'), 'quayside audit list --action endpoint. --since 2d'))
      .option('--actor <text>', 'what it begins with, such as key: or cli:')
      .option('--action <text>', 'what it begins with, such as endpoint.')
      .option('--subject <id>')
      .option('--since <time>', 'such as 2026-11-24, 2026-11-24T05:00Z or 2h')
      .option('--limit <n>', 'at most so many', '100'),
    async () => (await import('./commands/audit.ts')).list,
  );
  act(
    json(
      example(
        audit.command('verify').description('check the chain from the first row to the last; exit 1 when one was tampered with'),
        'quayside audit verify',
      ),
    ),
    async () => (await import('./commands/audit.ts')).verify,
  );

  act(
    json(example(program.command('migrate').description('bring the database schema up to date'), 'quayside migrate')),
    async () => (await import('./commands/migrate.ts')).migrate,
  );
  act(
    json(example(program.command('doctor').description('check stores, versions, files and channels'), 'quayside doctor')),
    async () => (await import('./commands/doctor.ts')).doctor,
  );

  try {
    await program.parseAsync(argv, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUsage;
    return reportFailure(commands.terminal, error);
  }
}
