/**
 * The gateway's log, to tell the story by: kept in a file whole, told line by line, and waited for.
 *
 * Told in the order in which it was logged, one line after the other; a line that is waited for has been told.
 */
import { appendFileSync } from 'node:fs';

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly msg: string;
  readonly partner?: string;
  readonly filename?: string;
  readonly messageId?: string;
  readonly documentId?: string;
  readonly deliveryId?: string;
  readonly attempt?: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly delayMs?: number;
  /** Why, of a fault: text, or an error as the log writes it. */
  readonly err?: string | { readonly message?: string };
}

export class LogTap {
  readonly file: string;
  readonly #told: LogLine[] = [];
  readonly #watchers = new Set<() => void>();
  #tell: ((line: LogLine) => Promise<void>) | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.file = file;
  }

  /** Takes one line of JSON. */
  readonly write = (text: string): void => {
    appendFileSync(this.file, text);
    const line = JSON.parse(text) as LogLine;
    this.#telling = this.#telling.then(() => this.#take(line));
  };

  /** From now on each line goes to `tell`; undefined: to the file only. */
  tellBy(tell: ((line: LogLine) => Promise<void>) | undefined): void {
    this.#tell = tell;
  }

  async #take(line: LogLine): Promise<void> {
    try {
      await this.#tell?.(line);
    } catch (fault) {
      appendFileSync(this.file, `${JSON.stringify({ level: 'error', msg: 'the demo could not tell this line', line, fault: String(fault) })}\n`);
    }
    this.#told.push(line);
    for (const look of this.#watchers) look();
  }

  /** The first such line, past or to come. Throws, naming what was waited for, when the signal is aborted. */
  line(what: string, matches: (line: LogLine) => boolean, signal: AbortSignal): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.#watchers.delete(look);
        signal.removeEventListener('abort', giveUp);
      };
      const look = () => {
        const found = this.#told.find(matches);
        if (found === undefined) return;
        finish();
        resolve(found);
      };
      const giveUp = () => {
        finish();
        const why = signal.reason instanceof Error ? signal.reason.message : String(signal.reason);
        reject(new Error(`${what} did not come: ${why}`));
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp);
      this.#watchers.add(look);
      look();
    });
  }
}
