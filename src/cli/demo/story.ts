/** Prints the story: chapters, steps with their times, and what a reader should know. Plain lines, so that a file or a pipe gets the same. */
import type { Terminal } from '../terminal.ts';

/** What happens to a document, and how it is coloured. */
const VERBS = {
  ready: 'blue',
  dropped: 'cyan',
  received: 'blue',
  translated: 'blue',
  waits: 'yellow',
  retried: 'yellow',
  delivered: 'green',
  mended: 'cyan',
  replayed: 'cyan',
  'dead letter': 'red',
  fault: 'red',
} as const;

export interface Step {
  /** When it happened; now if not said. */
  readonly at?: string | undefined;
  readonly who: string;
  readonly verb: keyof typeof VERBS;
  readonly text: string;
  readonly details?: readonly string[] | undefined;
}

export interface Story {
  chapter(title: string, ...said: readonly string[]): void;
  step(step: Step): void;
  say(...lines: readonly string[]): void;
  command(line: string, why?: string): void;
  claim(isTrue: boolean, text: string, faults?: readonly string[]): void;
}

const WHO_WIDTH = 'borealis 855'.length;
const VERB_WIDTH = 'dead letter'.length;
/** Under who. */
const DETAIL_INDENT = 12;
const COMMAND_WIDTH = 68;

export function beginStory({ out, colours }: Terminal): Story {
  const began = Date.now();
  let chapters = 0;
  return {
    chapter(title, ...said) {
      out(`\n${colours.bold(`${++chapters}  ${title}`)}`);
      for (const line of said) out(`   ${line}`);
    },
    step({ at, who, verb, text, details = [] }) {
      const seconds = ((at === undefined ? Date.now() : Date.parse(at)) - began) / 1000;
      const shown = colours[VERBS[verb]](verb.padEnd(VERB_WIDTH));
      out(`   ${colours.dim(`${seconds.toFixed(2).padStart(5)} s`)}  ${who.padEnd(WHO_WIDTH)}  ${shown}  ${text}`);
      for (const detail of details) out(`${' '.repeat(DETAIL_INDENT)}· ${detail}`);
    },
    say(...lines) {
      for (const line of lines) out(`   ${line}`);
    },
    command(line, why) {
      out(`     ${colours.bold(why === undefined ? line : line.padEnd(COMMAND_WIDTH))}${why === undefined ? '' : `  ${colours.dim(`# ${why}`)}`}`);
    },
    claim(isTrue, text, faults = []) {
      out(`   ${isTrue ? colours.green('ok   ') : colours.red('FAULT')}  ${text}`);
      for (const fault of faults) out(`          ${fault}`);
    },
  };
}

/** Enough of an id to tell it from its neighbours. */
export const shortId = (id: string): string => id.slice(0, 8);
