/** Starts the endpoints in a process of their own and reads what they recorded. */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Conduct, Receipt } from './receipt.ts';

export interface Receiver {
  /** Endpoint → url. */
  readonly urls: Readonly<Record<string, string>>;
  behave(endpoint: string, behaviour: Conduct): void;
  /** Nobody listens there any more, until it is up again under the same url. */
  setDown(endpoint: string, down: boolean): void;
  /** How many requests came to the place that redirects lead to. */
  followed(): Promise<number>;
  receipts(): Receipt[];
  stop(): Promise<void>;
}

export async function startReceiver(record: string, endpoints: readonly string[]): Promise<Receiver> {
  writeFileSync(record, '');
  const argument = JSON.stringify({ record, endpoints });
  const child = fork(fileURLToPath(new URL('receiver.ts', import.meta.url)), [argument], { execArgv: ['--import', 'tsx'] });
  const answer = <T>(of: (message: object) => T | undefined) =>
    new Promise<T>((resolve, reject) => {
      const gone = (code: number | null) => reject(new Error(`the receiver ended with ${code}`));
      const look = (message: object) => {
        const value = of(message);
        if (value === undefined) return;
        child.off('message', look);
        child.off('exit', gone);
        resolve(value);
      };
      child.on('message', look);
      child.once('exit', gone);
    });
  const ports = await answer((message) => ('ports' in message ? (message.ports as [string, number][]) : undefined));
  return {
    urls: Object.fromEntries(ports.map(([endpoint, port]) => [endpoint, `http://127.0.0.1:${port}/events`])),
    behave: (endpoint, behaviour) => void child.send({ endpoint, behaviour }),
    setDown: (endpoint, down) => void child.send({ endpoint, down }),
    followed() {
      const counted = answer((message) => ('followed' in message ? (message.followed as number) : undefined));
      child.send({ ask: true });
      return counted;
    },
    receipts: () => readReceipts(record),
    stop() {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill();
      return ended;
    },
  };
}

function readReceipts(record: string): Receipt[] {
  const lines = readFileSync(record, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Receipt);
}
