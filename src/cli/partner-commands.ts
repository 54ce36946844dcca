/** `quayside partner …`: a partner's folder from nothing to the first connection. */
import { type Command, Option } from 'commander';
import type { Ways } from './map-commands.ts';

export function addPartnerCommands(program: Command, { act, example, json }: Ways): void {
  const partner = program.command('partner').description('add a partner, see all, and try one out');
  act(
    json(
      example(
        partner.command('new').description('write the files of a new partner: they lint, and their tests pass; nothing is overwritten'),
        'quayside partner new northwind --title "Northwind Fasteners" --qualifier 01 --id 123456789 --sets 855,856 --channel sftp',
      ).argument('<name>', 'of its folder: lower-case letters, digits and -'),
    )
      .option('--title <text>', 'the name that people know')
      .option('--qualifier <code>', 'ISA05 of what they send; ZZ if not said')
      .option('--id <id>', 'ISA06 of what they send; the name in capitals if not said')
      .option('--sets <list>', 'what they send', '855,856,810')
      .addOption(new Option('--channel <type>', 'how they send it').choices(['sftp', 'none']).default('none')),
    async () => (await import('./commands/partner-new.ts')).create,
  );
  act(
    json(example(partner.command('list').description('stage, identities, channels, documents and mappings of each'), 'quayside partner list')),
    async () => (await import('./commands/partner-list.ts')).list,
  );
  act(
    json(
      example(
        partner.command('check').description('lint its files, run its tests, resolve its secrets and really connect to everything that it names'),
        'quayside partner check acme',
      ).argument('<name>'),
    ),
    async () => (await import('./commands/partner-check.ts')).check,
  );
}
