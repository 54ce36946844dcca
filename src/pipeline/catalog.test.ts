import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../core/errors/errors.ts';
import { formatProblem } from '../core/problem.ts';
import { type LoadedCatalog, loadCatalog } from './catalog.ts';
import { ENDPOINT, type Home, MAPPING, makeHome, PARTNER } from './harness-home.ts';

let home: Home;
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove('.'));

const load = (inForce?: LoadedCatalog) => loadCatalog(home.source, inForce);
const lines = (loaded: LoadedCatalog) => loaded.problems.map(formatProblem);
const bolt = PARTNER.replace('partner: acme', 'partner: bolt').replace('id: ACME', 'id: BOLT');

describe('a catalog', () => {
  it('joins partners, mappings and endpoints', () => {
    const { catalog, problems } = load();
    expect(problems).toEqual([]);
    expect([...catalog.partners.keys(), ...catalog.endpoints.keys()]).toEqual(['acme', 'erp']);
    expect(catalog.mappings.find('acme/855')?.source.set).toBe('855');
  });

  it('names the line of a partner that uses a mapping which does not exist, and the one that was probably meant', () => {
    home.write('partners/acme/partner.yaml', PARTNER.replace('acme/855', 'acme/885'));
    const loaded = load();
    expect(lines(loaded)).toEqual([
      'partners/acme/partner.yaml:7:10: error ERR_FILE_REFERENCE documents.855: expected one of acme/855, found "acme/885" · hint: did you mean "acme/855"?',
    ]);
    expect(loaded.catalog.partners.size).toBe(0);
  });

  it('names the line of a partner that uses a mapping for another document than it reads', () => {
    home.write('partners/acme/partner.yaml', `${PARTNER}  "856": acme/855\n`);
    expect(lines(load())).toEqual([
      'partners/acme/partner.yaml:8:10: error ERR_FILE_REFERENCE documents.856: expected a mapping that reads 856, found acme/855, which reads 855',
    ]);
  });

  it('reports a mapping with faults once, not again at each partner that uses it', () => {
    home.write('mappings/acme/855.yaml', MAPPING.replace('status: { const', 'statos: { const'));
    const { problems } = load();
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.at).toMatchObject({ file: 'mappings/acme/855.yaml' });
  });

  it('does not report a partner with faults again at each endpoint that names it', () => {
    home.write('partners/acme/partner.yaml', PARTNER.replace('stage: live', 'stage: life'));
    home.write('queues/erp.yaml', `${ENDPOINT}partners: [acme]\n`);
    expect(load().problems.map((problem) => problem.at)).toMatchObject([{ file: 'partners/acme/partner.yaml', line: 3 }]);
  });

  it('verifies every secret at once, at the lines that name them, where secrets are given', () => {
    home.write('queues/second.yaml', ENDPOINT.replace('endpoint: erp', 'endpoint: second').replace('SECRET_ERP', 'SECRET_SECOND'));
    const secrets = {
      resolve: (reference: string, minimumLength?: number): string => {
        throw new GatewayError('ERR_CONFIG_SECRET', `${reference} is shorter than ${minimumLength}`);
      },
    };
    expect(loadCatalog({ ...home.source, secrets }).problems.map(formatProblem)).toEqual([
      'queues/erp.yaml:6:24: error ERR_CONFIG_SECRET env:QUAYSIDE_SECRET_ERP is shorter than 16',
      'queues/second.yaml:6:24: error ERR_CONFIG_SECRET env:QUAYSIDE_SECRET_SECOND is shorter than 16',
    ]);
  });

  it('of a folder that is no home says so', () => {
    home.remove('partners');
    home.remove('mappings');
    home.remove('queues');
    expect(load().problems).toMatchObject([{ code: 'ERR_FILE_READ', hint: expect.stringContaining('QUAYSIDE_HOME') }]);
  });
});

describe('a reload', () => {
  it('takes what is good and keeps the last good version of each file that is not', () => {
    const first = load();
    home.write('partners/acme/partner.yaml', PARTNER.replace('Acme Industrial', 'Acme Renamed').replace('stage: live', 'stage: life'));
    home.write('mappings/acme/855.yaml', 'mapping: [');
    home.write('queues/erp.yaml', ENDPOINT.replace('type: http', 'type: htp'));
    home.write('partners/bolt/partner.yaml', bolt);
    const second = load(first);
    expect(second.problems.map(({ at }) => at?.kind === 'file' && at.file).sort()).toEqual([
      'mappings/acme/855.yaml',
      'partners/acme/partner.yaml',
      'queues/erp.yaml',
    ]);
    expect(second.catalog.partners.get('acme')?.title).toBe('Acme Industrial Supply');
    expect(second.catalog.partners.get('bolt')?.x12Identities).toEqual([{ qualifier: 'ZZ', id: 'BOLT' }]);
    expect(second.catalog.mappings.find('acme/855')?.version).toBe('1.0.0');
    expect(second.catalog.mappings.find('acme/855@1')?.version).toBe('1.0.0');
    expect(second.catalog.mappings.find('acme/855@2')).toBeUndefined();
    expect(second.catalog.endpoints.get('erp')).toBe(first.catalog.endpoints.get('erp'));

    home.write('partners/acme/partner.yaml', PARTNER.replace('Acme Industrial', 'Acme Renamed'));
    home.write('mappings/acme/855.yaml', MAPPING.replace('version: 1.0.0', 'version: 1.1.0'));
    home.write('queues/erp.yaml', `${ENDPOINT}maxInFlight: 2\n`);
    const third = load(second);
    expect(third.problems).toEqual([]);
    expect(third.catalog.partners.get('acme')?.title).toBe('Acme Renamed Supply');
    expect(third.catalog.mappings.find('acme/855')?.version).toBe('1.1.0');
    expect(third.catalog.mappings.mappings).toHaveLength(1);
    expect(third.catalog.endpoints.get('erp')?.maxInFlight).toBe(2);
  });

  it('keeps the very object of a file that says the same, so that nothing restarts for a comment', () => {
    const first = load();
    home.write('partners/acme/partner.yaml', `# a comment\n${PARTNER}`);
    const second = load(first);
    expect(second.catalog.partners.get('acme')).toBe(first.catalog.partners.get('acme'));
    expect(second.catalog.endpoints.get('erp')).toBe(first.catalog.endpoints.get('erp'));
  });

  it('lets go of what was removed', () => {
    const first = load();
    home.remove('partners/acme');
    home.remove('queues/erp.yaml');
    home.remove('mappings/acme');
    const { catalog, problems } = load(first);
    expect(problems).toEqual([]);
    expect([catalog.partners.size, catalog.endpoints.size, catalog.mappings.mappings.length]).toEqual([0, 0, 0]);
  });

  it('keeps a removed mapping in force while a partner in force names it', () => {
    const first = load();
    home.remove('mappings/acme/855.yaml');
    const second = load(first);
    expect(lines(second)).toEqual([
      'partners/acme/partner.yaml:7:10: error ERR_FILE_REFERENCE documents.855: expected none, for there is none, found "acme/855"',
    ]);
    expect(second.catalog.partners.has('acme')).toBe(true);
    expect(second.catalog.mappings.find('acme/855')).toBe(first.catalog.mappings.find('acme/855'));
  });

  it('refuses an identity that another partner has, whichever of the two files changed', () => {
    home.write('partners/bolt/partner.yaml', bolt);
    const first = load();
    for (const [file, text] of [
      ['partners/acme/partner.yaml', PARTNER.replace('id: ACME', 'id: BOLT')],
      ['partners/bolt/partner.yaml', bolt.replace('id: BOLT', 'id: ACME')],
    ] as const) {
      home.write(file, text);
      const second = load(first);
      expect(second.problems).toMatchObject([{ code: 'ERR_FILE_CONFLICT' }]);
      expect([...second.catalog.partners.values()].map((partner) => partner.x12Identities[0]?.id)).toEqual(['ACME', 'BOLT']);
      home.write('partners/acme/partner.yaml', PARTNER);
      home.write('partners/bolt/partner.yaml', bolt);
    }
  });

  it('lets an identity wander to another partner once both files agree, even while the first was broken in between', () => {
    const first = load();
    home.write('partners/acme/partner.yaml', 'partner: [');
    home.write('partners/bolt/partner.yaml', bolt.replace('id: BOLT', 'id: ACME'));
    const second = load(first);
    expect([...second.catalog.partners.keys()]).toEqual(['acme']);
    expect(second.problems.map(({ code }) => code).sort()).toEqual(['ERR_FILE_CONFLICT', 'ERR_FILE_SYNTAX']);
    home.write('partners/acme/partner.yaml', PARTNER.replace('id: ACME', 'id: ACME2'));
    const third = load(second);
    expect(third.problems).toEqual([]);
    expect([...third.catalog.partners.values()].map((partner) => partner.x12Identities[0]?.id)).toEqual(['ACME2', 'ACME']);
  });

  it('refuses a file whose new secret cannot be resolved', () => {
    const secrets = {
      resolve: (reference: string): string => {
        if (reference === 'env:QUAYSIDE_SECRET_ERP') return 'long enough for signing';
        throw new GatewayError('ERR_CONFIG_SECRET', `${reference}: not set`);
      },
    };
    const first = loadCatalog({ ...home.source, secrets });
    home.write('queues/erp.yaml', ENDPOINT.replace('SECRET_ERP', 'SECRET_NEXT'));
    const second = loadCatalog({ ...home.source, secrets }, first);
    expect(lines(second)).toEqual(['queues/erp.yaml:6:24: error ERR_CONFIG_SECRET env:QUAYSIDE_SECRET_NEXT: not set']);
    expect(second.catalog.endpoints.get('erp')).toBe(first.catalog.endpoints.get('erp'));
  });
});
