/** `quayside partner list`. */
import { hasErrors } from '../../core/problem.ts';
import type { Commands } from '../program.ts';
import { EXIT, printList, printProblems } from '../terminal.ts';

/** Partners whose files load; the faults of the others stand on stderr. */
export async function list({ terminal, application }: Commands, _args: readonly string[], { json }: { json?: boolean }): Promise<number> {
  const app = await application();
  const { catalog, problems } = app.loadCatalog(app.home);
  printProblems(terminal, problems);
  const rows = [...catalog.partners.values()].map(({ name, title, stage, x12Identities, channels, documents, acknowledgments }) => ({
    name,
    title,
    stage,
    identities: x12Identities.map(({ qualifier, id }) => `${qualifier}/${id}`),
    channels: Object.fromEntries(Object.entries(channels).map(([channel, { type }]) => [channel, type])),
    documents,
    outbox: acknowledgments?.outbox.type,
  }));
  printList(terminal, json, rows, {
    none: 'no partner: quayside partner new NAME',
    header: ['PARTNER', 'STAGE', 'SENDS AS', 'CHANNELS', 'DOCUMENTS', 'TITLE'],
    cells: ({ name, stage, identities, channels, documents, title }) => [
      name,
      stage,
      listed(identities),
      listed(Object.entries(channels).map(([channel, type]) => `${channel}: ${type}`)),
      listed(Object.entries(documents).map(([type, mapping]) => `${type}: ${mapping}`)),
      title,
    ],
  });
  return hasErrors(problems) ? EXIT.inputAtFault : EXIT.done;
}

const listed = (words: readonly string[]): string => (words.length === 0 ? '-' : words.join(', '));
