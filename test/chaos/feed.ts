/**
 * Suppliers: a steady load through real doors, of which each side knows what it was told.
 *
 * Some partners upload to an SFTP drop that the gateways poll: told when the file lies in the archive. The others are handed in one after
 * another, as an uploading client would: told when `receive` returns, tried again under the same receipt key when it does not.
 */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenGateway } from '../../src/cli/application.ts';
import { handIn } from '../support/gateway.ts';
import { controlText, documentsOf, type FedDocument } from './documents.ts';

export interface Supplier {
  readonly name: string;
  /** The folder of its drop; without one its documents are handed in. */
  readonly drop?: string | undefined;
  /** How many documents it has in each turn. */
  readonly share: number;
}

export interface Fed {
  readonly document: FedDocument;
  /** When the source was told, milliseconds since the epoch. */
  acknowledgedAtMs: number | undefined;
}

export interface FeedOptions {
  readonly seed: number;
  readonly suppliers: readonly Supplier[];
  readonly perSecond: number;
  /** How many purchase orders each partner has. */
  readonly orders: number;
  readonly office: OpenGateway;
}

export interface Feed {
  readonly fed: readonly Fed[];
  /** Begins no more; resolves when each supplier that hands in was told about all that it had begun. */
  stop(): Promise<void>;
  /** Marks what lies in the archives as told. */
  lookIntoArchives(): void;
  /** Files that no gateway has taken yet. */
  waiting(): number;
}

const TRY_AGAIN_MS = 250;

export function startFeed(options: FeedOptions): Feed {
  const fed: Fed[] = [];
  let running = true;
  const lines = options.suppliers.map((supplier, i) => {
    const next = documentsOf(options.seed * 1_000 + i, supplier.name, options.orders);
    const queue: Fed[] = [];
    const make = () => {
      const entry: Fed = { document: next(), acknowledgedAtMs: undefined };
      fed.push(entry);
      if (supplier.drop === undefined) queue.push(entry);
      else upload(supplier.drop, entry.document);
    };
    return { supplier, queue, make };
  });
  const turns = lines.flatMap((line) => Array<typeof line>(line.supplier.share).fill(line));
  const ticking = (async () => {
    const began = performance.now();
    for (let n = 0; running; n++) {
      // Not one supplier's after another: 7 and the number of turns have no common factor in any plan of ours.
      turns[(n * 7) % turns.length]?.make();
      const due = began + ((n + 1) * 1000) / options.perSecond;
      await sleep(Math.max(0, due - performance.now()));
    }
  })();
  const handing = lines.filter((line) => line.supplier.drop === undefined).map(({ queue }) => handAllIn(options.office, queue, () => running));
  return {
    fed,
    async stop() {
      running = false;
      await ticking;
      await Promise.all(handing);
    },
    lookIntoArchives: () => lookIntoArchives(options.suppliers, fed),
    waiting: () => options.suppliers.reduce((sum, { drop }) => sum + (drop === undefined ? 0 : filesIn(drop).length), 0),
  };
}

const fileOf = (document: FedDocument) => `${controlText(document.control)}.edi`;

/** As a careful supplier: under another name first. */
function upload(drop: string, document: FedDocument): void {
  const unfinished = join(drop, `.${fileOf(document)}.part`);
  writeFileSync(unfinished, document.text);
  renameSync(unfinished, join(drop, fileOf(document)));
}

export function makeDropFolder(root: string, name: string): string {
  const drop = join(root, name);
  mkdirSync(join(drop, 'archive'), { recursive: true });
  return drop;
}

const filesIn = (folder: string): string[] => readdirSync(folder).filter((file) => !file.startsWith('.') && file !== 'archive');

async function handAllIn(office: OpenGateway, queue: Fed[], running: () => boolean): Promise<void> {
  while (running() || queue.length > 0) {
    const entry = queue.shift();
    if (entry === undefined) await sleep(10);
    else await handInOne(office, entry);
  }
}

async function handInOne(office: OpenGateway, entry: Fed): Promise<void> {
  const { partner, text, control } = entry.document;
  for (;;) {
    try {
      await handIn(office, partner, text, `${partner}/${controlText(control)}`);
      entry.acknowledgedAtMs = performance.timeOrigin + performance.now();
      return;
    } catch {
      await sleep(TRY_AGAIN_MS);
    }
  }
}

function lookIntoArchives(suppliers: readonly Supplier[], fed: readonly Fed[]): void {
  for (const { name, drop } of suppliers) {
    if (drop === undefined) continue;
    // The archive adds time and digest to the name.
    const archived = new Set(filesIn(join(drop, 'archive')).map((file) => file.slice(0, 'nnnnnnnnn.edi'.length)));
    const now = performance.timeOrigin + performance.now();
    for (const entry of fed) {
      if (entry.document.partner === name && archived.has(fileOf(entry.document))) entry.acknowledgedAtMs ??= now;
    }
  }
}
