/** What to do while the demo stays up: commands for another terminal, each of which works as it is printed. */
import { join, relative } from 'node:path';
import { findMessage } from '../../store/message-queries.ts';
import { listMessages } from '../../store/message-search.ts';
import type { Stage } from './chapters.ts';
import { type DemoHome, shellWord } from './demo-home.ts';

export async function tellCommands({ story, running, program }: Stage, home: DemoHome, documents: string): Promise<void> {
  const { database, tenant } = running.gateway;
  const shipNotice = (await listMessages(database, tenant, { partners: ['acme'] })).find((message) => message.filename === '856.edi');
  const detail = shipNotice && (await findMessage(database, tenant, shipNotice.id));
  const delivery = detail?.documentRows[0]?.events[0]?.deliveries[0];
  const from = (path: string) => shellWord(asTyped(path));
  story.chapter('Look around: the demo stays up until Ctrl-C, and this terminal goes on telling what happens');
  story.say(`In another terminal, in ${process.cwd()}:`);
  story.command(`. ${from(home.environment)}`, 'quayside is about the demo there');
  story.command(`${program} messages list`, 'what was received and what became of it');
  if (shipNotice !== undefined) story.command(`${program} messages show ${shipNotice.id}`, 'every attempt of the ship notice');
  if (delivery !== undefined) story.command(`${program} replay ${delivery.id}`, 'once more, same key: the ERP sees that it has it');
  story.command(`${program} endpoint list`, 'state and backlog of the ERP');
  story.command(`${program} doctor`, 'stores, schema, clocks, drops');
  story.say('Drop a file yourself. One of its three documents is broken, the other two go through:');
  story.command(`cp ${from(join(documents, 'broken', '855-one-broken-set.edi'))} ${from(join(home.drops, 'acme', 'outbound'))}`);
  story.command(`${program} dead list`, 'why, with the place of the fault');
  story.say(`HTTP: ${running.address} serves /livez, /readyz and the schemas of events, such as /schemas/invoice/1.0.0`);
}

/** Short where the path is below the working directory. */
function asTyped(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
