import { renameSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../core/context.ts';
import { loadCatalog } from './catalog.ts';
import { CatalogHolder } from './catalog-holder.ts';
import { type Home, MAPPING, makeHome, PARTNER } from './harness-home.ts';

let home: Home;
let said: { level: string; message: string; fields: object }[];
let stop: (() => void) | undefined;
beforeEach(() => {
  home = makeHome();
  said = [];
});
afterEach(() => {
  stop?.();
  stop = undefined;
  home.remove('.');
});

const note = (level: string) => (fields: object, message: string) => void said.push({ level, message, fields });
const log: Log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error'), child: () => log };
const holding = () => new CatalogHolder(home.source, loadCatalog(home.source), log);
const titleOf = (holder: CatalogHolder) => holder.current().partners.get('acme')?.title;

async function until(condition: () => boolean, timeoutMs = 2_500): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition() && performance.now() < deadline) await sleep(20);
  expect(condition()).toBe(true);
}

describe('the files in force', () => {
  it('are told of when they change, and what was refused is told once', async () => {
    const holder = holding();
    const told: number[] = [];
    holder.onChange((catalog) => told.push(catalog.partners.size));
    home.write('partners/acme/partner.yaml', PARTNER.replace('stage: live', 'stage: life'));
    await holder.reload();
    await holder.reload();
    expect(said.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'error file refused, its last good version stays in force: partners/acme/partner.yaml:3:8: error ERR_FILE_SCHEMA stage: expected one of live, test, found "life" · hint: did you mean "live"?',
    ]);
    expect(told).toEqual([]);
    home.write('partners/acme/partner.yaml', PARTNER.replace('stage: live', 'stage: test'));
    expect(await holder.reload()).toEqual([]);
    expect(told).toEqual([1]);
    expect(said.slice(1).map(({ message }) => message)).toEqual(['all files are in force as they stand', 'files taken']);
    expect(said.at(-1)?.fields).toEqual({ files: ['partners/acme/partner.yaml'] });
  });

  it('follow the files while they are watched, and no longer', async () => {
    const holder = holding();
    stop = holder.watch();
    await sleep(50);
    home.write('partners/acme/partner.yaml', PARTNER.replace('Acme Industrial', 'One'));
    await until(() => titleOf(holder) === 'One Supply');
    // As editors and `git checkout` do: another file takes the name.
    home.write('partners/acme/partner.yaml.new', PARTNER.replace('Acme Industrial', 'Two'));
    renameSync(path.join(home.directory, 'partners/acme/partner.yaml.new'), path.join(home.directory, 'partners/acme/partner.yaml'));
    await until(() => titleOf(holder) === 'Two Supply');
    home.write('mappings/bolt/855.yaml', MAPPING.replace('mapping: acme/855', 'mapping: bolt/855'));
    await until(() => holder.current().mappings.find('bolt/855') !== undefined, 5_000);

    stop();
    home.write('partners/acme/partner.yaml', PARTNER.replace('Acme Industrial', 'Three'));
    await sleep(400);
    expect(titleOf(holder)).toBe('Two Supply');
  });

  it('take what changed between the start and the watch', async () => {
    const holder = holding();
    home.write('partners/acme/partner.yaml', PARTNER.replace('Acme Industrial', 'Early'));
    stop = holder.watch();
    await until(() => titleOf(holder) === 'Early Supply');
  });
});
