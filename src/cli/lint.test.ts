import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatPlace } from '../core/place.ts';
import { loadCatalog } from '../pipeline/catalog.ts';
import { type Home, makeHome, PARTNER } from '../pipeline/harness-home.ts';
import { lint } from './lint.ts';

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove('.'));

const places = (paths: string[], directory = home.directory) => {
  const application = { home: home.directory, loadCatalog: (root: string) => loadCatalog({ ...home.source, home: root }) };
  return lint(application, paths, directory).map(({ at, message }) => (at === undefined ? message : formatPlace(at)));
};
const breakAll = () => {
  home.write('queues/erp.yaml', 'endpoint: erp\nstage: life\n');
  home.write('partners/acme/partner.yaml', `${PARTNER.replace('stage: live', 'stage: life')}sla: gold\n`);
  home.write('mappings/acme/855.yaml', 'mapping: [\n');
};

describe('lint', () => {
  it('finds nothing wrong with a home that is well', () => {
    expect(places([])).toEqual([]);
  });

  it('returns all faults of all files at once, by file, line and column', () => {
    breakAll();
    const found = places([]);
    expect(found.filter((place) => !place.startsWith('mappings/'))).toEqual([
      'partners/acme/partner.yaml:3:8',
      'partners/acme/partner.yaml:8:1',
      ...['queues/erp.yaml:1:1', 'queues/erp.yaml:1:1', 'queues/erp.yaml:1:1', 'queues/erp.yaml:2:8'],
    ]);
    expect(found[0]).toMatch(/^mappings\/acme\/855\.yaml:\d+:\d+$/);
  });

  it('returns only the faults of what was asked for, named from where one stands', () => {
    breakAll();
    expect(places(['partners'])).toEqual(['partners/acme/partner.yaml:3:8', 'partners/acme/partner.yaml:8:1']);
    expect(places(['partner.yaml'], path.join(home.directory, 'partners/acme'))).toEqual(['partner.yaml:3:8', 'partner.yaml:8:1']);
    expect(new Set(places(['queues/erp.yaml', 'queues', '.'])).size).toBeGreaterThan(3);
    expect(places(['queues', 'queues/erp.yaml'])).toEqual(places(['queues']));
  });

  it('says so when there is nothing at a path, or no home', () => {
    expect(places(['partners/acmee'])).toEqual(['expected a file or folder, found none at partners/acmee']);
    home.write('elsewhere/notes.txt', '');
    expect(places(['elsewhere'])[0]).toContain('expected a folder with partners/');
  });
});
