/**
 * `quayside demo`: the whole road on this machine, with a real SFTP server, real stores and an ERP that verifies what it gets.
 *
 * It only sets the stage and tells what happens; the gateway is the product's own, started as `quayside start` starts it. Everything that it started
 * ends with it, however it ends.
 */
import { join } from 'node:path';
import { asGatewayError } from '../../core/errors/errors.ts';
import { findMessage, rawOf } from '../../store/message-queries.ts';
import { listMessages } from '../../store/message-search.ts';
import type { Commands } from '../program.ts';
import { EXIT, formatTable, type Terminal } from '../terminal.ts';
import { play, type Stage } from './chapters.ts';
import { sha256Of } from './demo-supplier.ts';
import { tellCommands } from './look-around.ts';
import { setStage } from './stage.ts';
import { beginStory } from './story.ts';
import { type DroppedFile, judge, outcomeRows, type Witnesses } from './verdict.ts';

const INTRODUCTION = [
  'Suppliers drop EDI files, each in a dialect of its own. Quayside keeps every byte, translates each document into one',
  'canonical event, and hands it to the ERP as a signed callback: in order, under one key, until it is taken.',
];
/** For the story alone; what starts servers has limits of its own. */
const STORY_LIMIT_MS = 60_000;

export async function demo({ terminal, application }: Commands, _args: readonly string[], options: { once?: boolean }): Promise<number> {
  const app = await application();
  const stopping = catchSignals();
  const closers: (() => Promise<void>)[] = [];
  try {
    const story = beginStory(terminal);
    terminal.out(terminal.colours.bold('Quayside between two suppliers and an ERP'));
    for (const line of INTRODUCTION) terminal.out(line);
    const { stage, home } = await setStage(app, story, closers);
    const isWhole = await tell(stage, AbortSignal.any([stopping, timeLimit(STORY_LIMIT_MS)]));
    if (stopping.aborted) return EXIT.inputAtFault;
    const isGood = (await conclude(stage, terminal)) && isWhole;
    if (!isGood) terminal.error(`the demo did not end as it should; the gateway's log is ${home.log}`);
    if (options.once) stage.story.say('', `To look around while it runs: ${stage.program} demo`);
    else {
      await tellCommands(stage, home, join(app.demoHome, 'documents'));
      await aborted(stopping);
    }
    return isGood ? EXIT.done : EXIT.inputAtFault;
  } finally {
    // In the reverse order of opening; one that fails must not keep the others open.
    for (const close of closers.reverse()) await close().catch((fault) => terminal.error(asGatewayError(fault).line()));
  }
}

/** False when it broke off: what was seen until then can be judged all the same. */
async function tell(stage: Stage, signal: AbortSignal): Promise<boolean> {
  try {
    await play(stage, signal);
    return true;
  } catch (fault) {
    stage.story.say('', `The story broke off: ${asGatewayError(fault).message}`);
    return false;
  }
}

async function conclude(stage: Stage, terminal: Terminal): Promise<boolean> {
  const witnesses = await hear(stage);
  stage.story.chapter('What the ERP got, held against what was dropped and what the database says');
  const rows = outcomeRows(witnesses).map(({ file, orders, event, answers, key }) => [file, orders, event, answers, key]);
  for (const line of formatTable(['FILE', 'ORDER', 'EVENT', 'ERP ANSWERED', 'IDEMPOTENCY KEY'], rows)) stage.story.say(line);
  terminal.out('');
  const claims = judge(witnesses);
  for (const { said, faults } of claims) stage.story.claim(faults.length === 0, said, faults);
  return claims.every(({ faults }) => faults.length === 0);
}

async function hear({ running: { gateway }, suppliers, erp }: Stage): Promise<Witnesses> {
  const { database, tenant } = gateway;
  const messages = [];
  const stored: DroppedFile[] = [];
  for (const { id, partner, filename } of await listMessages(database, tenant)) {
    const message = await findMessage(database, tenant, id);
    if (message !== undefined) messages.push(message);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await rawOf(database, tenant, id)) ?? []) pieces.push(piece);
    stored.push({ partner, name: filename, sha256: sha256Of(Buffer.concat(pieces)) });
  }
  return { dropped: suppliers.dropped, archived: suppliers.archived(), stored, left: suppliers.left(), messages, callbacks: erp.callbacks };
}

function timeLimit(ms: number): AbortSignal {
  const late = new AbortController();
  setTimeout(() => late.abort(new Error(`not within ${ms / 1000} s`)), ms).unref();
  return late.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Aborted by the first Ctrl-C (or SIGTERM, or a closed terminal); a second one ends the process at once. */
function catchSignals(): AbortSignal {
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  return stopping.signal;
}
