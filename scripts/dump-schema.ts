/** Writes src/store/schema.sql from the migrations; `--check` changes nothing and fails when the file is not current. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../src/core/context.ts';
import { openDatabase } from '../src/store/database.ts';
import { dumpSchema } from '../src/store/dump-schema.ts';
import { launchPostgres } from '../src/store/embedded/launch-postgres.ts';
import { migrate } from '../src/store/migrate.ts';

const file = fileURLToPath(new URL('../src/store/schema.sql', import.meta.url));

async function dumpMigrated(): Promise<string> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'quayside-schema-'));
  try {
    const server = await launchPostgres({ dataDirectory, log: silentLog, durable: false });
    const database = openDatabase(server.url, { max: 1 });
    try {
      await migrate(database);
      return await dumpSchema(database);
    } finally {
      await database.close();
      await server.stop();
    }
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const dumped = await dumpMigrated();
  if (!process.argv.includes('--check')) {
    writeFileSync(file, dumped);
  } else if (dumped !== readFileSync(file, 'utf8')) {
    process.stderr.write('src/store/schema.sql is not what the migrations amount to: run npm run gen\n');
    process.exitCode = 1;
  }
}

await main();
