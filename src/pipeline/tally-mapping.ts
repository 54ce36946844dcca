/**
 * What mappings do to live documents, counted in this process and written down every few seconds: which rules gave values, and what
 * partners send that no rule reads. Statistics: a process that is killed loses its last few seconds of them, and nothing else.
 */
import type { Log } from '../core/context.ts';
import { addCoverage, beginCoverage, type Coverage, unexplainedIn } from '../mapping/coverage.ts';
import { type Database, inTransaction } from '../store/database.ts';
import { addUse, type RuleFigures, type UnreadFigures, type UseFigures } from '../store/mapping-use.ts';
import type { Translation } from './translate.ts';

const WRITE_EVERY_MS = 10_000;
/** Partners times mappings times kinds of source: beyond that it is written down at once. */
const MOST_WAITING = 2_000;

interface Use {
  readonly partner: string;
  readonly mapping: string;
  readonly version: string;
  readonly coverage: Coverage;
  readonly rules: Map<string, { sourced: number; given: number }>;
  /** In which message a kind of unread source was first met since the last writing. */
  readonly metIn: Map<string, string>;
}

export interface MappingTally {
  /** Of a document that was published. */
  add(partner: string, messageId: string, translation: Translation): void;
  /** Writes what waits; nothing is counted afterwards. */
  close(): Promise<void>;
}

export function tallyMappings(database: Database, tenant: string, log: Log): MappingTally {
  let uses = new Map<string, Use>();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const figures = figuresOf([...uses.values()]);
    uses = new Map();
    waiting = 0;
    if (figures.mappings.length === 0) return;
    writing = writing
      .then(() => inTransaction(database, (db) => addUse(db, tenant, figures)))
      .catch((error: unknown) => log.warn({ err: error }, 'figures of mappings were not written, they are lost'));
  };
  return {
    add(partner, messageId, { mapping, document, trail }) {
      if (mapping === undefined || trail === undefined || closed) return;
      const name = `${partner} ${mapping.name} ${mapping.version}`;
      const use: Use = uses.get(name) ?? {
        ...{ partner, mapping: mapping.name, version: mapping.version },
        ...{ coverage: beginCoverage(), rules: new Map(), metIn: new Map() },
      };
      uses.set(name, use);
      const { unread } = use.coverage;
      const before = unread.size;
      addCoverage(use.coverage, mapping, document, trail.reads);
      if (unread.size > before) for (const { key } of unread.values()) if (!use.metIn.has(key)) use.metIn.set(key, messageId);
      waiting += unread.size - before;
      trail.placed.eachRule((rule, sourced) => {
        const known = use.rules.get(rule);
        const counts = known ?? { sourced: 0, given: 0 };
        counts[sourced ? 'sourced' : 'given']++;
        if (known === undefined) use.rules.set(rule, counts);
      });
      timer ??= setTimeout(write, WRITE_EVERY_MS).unref();
      if (waiting + uses.size > MOST_WAITING) write();
    },
    async close() {
      closed = true;
      write();
      await writing;
    },
  };
}

function figuresOf(uses: readonly Use[]): UseFigures {
  return {
    mappings: uses.map(({ partner, mapping, version, coverage: { documents, elements, mapped } }) => ({
      ...{ partner, mapping, version, documents, elements, mapped },
    })),
    rules: uses.flatMap(({ partner, mapping, version, rules }) =>
      [...rules].map(([rule, counts]): RuleFigures => ({ partner, mapping, version, rule, ...counts })),
    ),
    unread: uses.flatMap(({ partner, mapping, version, coverage, metIn }) =>
      unexplainedIn(coverage).map(
        ({ key, count, example }): UnreadFigures => ({
          ...{ partner, mapping, version, key, count },
          ...{ example: example.text, messageId: metIn.get(key) ?? '', segment: example.segment, offset: example.offset },
        }),
      ),
    ),
  };
}
