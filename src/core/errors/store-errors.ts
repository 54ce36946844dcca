import type { ErrorTable } from './error-table.ts';

/** Faults of PostgreSQL, Redis and what the gateway keeps in them. */
export const STORE_ERRORS = {
  ERR_STORE_UNAVAILABLE: {
    retry: 'later',
    http: 503,
    summary: 'PostgreSQL or Redis does not answer.',
    remedy: 'Run quayside doctor; nothing is lost meanwhile, sources are acknowledged only after the commit.',
  },
  ERR_STORE_FULL: {
    retry: 'later',
    http: 507,
    summary: 'There is no room to take anything in; what was received is still translated and delivered.',
    remedy: 'Enlarge the disk of the database, or raise QUAYSIDE_DATABASE_LIMIT; nothing was acknowledged, and intake goes on by itself.',
  },
  ERR_STORE_LAUNCH: {
    retry: 'never',
    http: 503,
    summary: 'An embedded PostgreSQL or Redis could not be started.',
    remedy: 'Read the server log that the message names, or set DATABASE_URL and REDIS_URL to servers of your own.',
  },
  ERR_STORE_LOCKED: {
    retry: 'never',
    http: 503,
    summary: 'Another gateway already uses this data directory.',
    remedy: 'Stop the other process, or give this one a QUAYSIDE_DATA of its own.',
  },
  ERR_STORE_SCHEMA: {
    retry: 'never',
    http: 503,
    summary: 'The database schema is newer than this version, or a migration that was applied has since been changed.',
    remedy: 'Run the version of Quayside that fits the database, or restore the migration file.',
  },
  ERR_STORE_MIGRATION: {
    retry: 'never',
    http: 503,
    summary: 'A migration of the database schema failed; it was rolled back whole.',
    remedy: 'Read what PostgreSQL says of it; the rights of the database user are the usual cause.',
  },
  ERR_STORE_EVICTION: {
    retry: 'never',
    http: 503,
    summary: 'Redis is set to evict keys, so it could drop jobs.',
    remedy: 'Set maxmemory-policy noeviction on the Redis server.',
  },
  ERR_NOT_FOUND: {
    retry: 'never',
    http: 404,
    summary: 'No message, delivery or dead letter has this id.',
    remedy: 'List them: quayside messages list, quayside dead list.',
  },
} as const satisfies ErrorTable;
