import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Type } from '@sinclair/typebox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../core/contracts.ts';
import { formatProblem } from '../core/problem.ts';
import { secretReference } from '../core/secret-reference.ts';
import { loadPartners } from './load-partners.ts';
import { partnerOf } from './resolve-partner.ts';

const pigeon: Channel = {
  kind: 'channel',
  name: 'pigeon',
  summary: 'A loft.',
  options: Type.Object({ loft: Type.String({ minLength: 1 }), ring: Type.Optional(secretReference('the ring')) }, { additionalProperties: false }),
  examples: [],
  async *poll() {},
  dropOf: () => 'loft',
  pollIntervalMs: () => 1_000,
  check: async () => {},
};
const known = { channels: new Map([[pigeon.name, pigeon]]), leniencies: ['wrap80'] };

const good = `# yaml-language-server: $schema=../../schemas/partner.json
partner: acme
title: Acme Industrial Supply
stage: live
identities:
  x12:
    - { qualifier: ZZ, id: ACMESUPPLY }
    - { qualifier: "01", id: "0012345" }
channels:
  drop: { type: pigeon, loft: north, ring: env:QUAYSIDE_SECRET_RING }
documents:
  "855": acme/855
  856: acme/856
leniencies: [wrap80]
encoding: latin1
`;

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'quayside-partners-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const write = (name: string, text: string | Buffer) => {
  mkdirSync(path.join(home, 'partners', name), { recursive: true });
  writeFileSync(path.join(home, 'partners', name, 'partner.yaml'), text);
};
const load = () => loadPartners(path.join(home, 'partners'), known);
const lines = () => load().problems.map(formatProblem);

describe('a partner file', () => {
  it('becomes a partner, with ids and document types as text', () => {
    write('acme', good);
    const { partners, problems, origins } = load();
    expect(problems).toEqual([]);
    const acme = partners.get('acme');
    expect(acme).toEqual({
      name: 'acme',
      title: 'Acme Industrial Supply',
      stage: 'live',
      x12Identities: [
        { qualifier: 'ZZ', id: 'ACMESUPPLY' },
        { qualifier: '01', id: '0012345' },
      ],
      channels: { drop: { type: 'pigeon', options: { loft: 'north', ring: 'env:QUAYSIDE_SECRET_RING' } } },
      documents: { '855': 'acme/855', '856': 'acme/856' },
      formats: {},
      leniencies: ['wrap80'],
      encoding: 'latin1',
      file: 'partners/acme/partner.yaml',
    });
    expect(origins.get(acme ?? {})?.secrets).toEqual([
      { reference: 'env:QUAYSIDE_SECRET_RING', minimumLength: 8, path: ['channels', 'drop', 'ring'] },
    ]);
  });

  it('says all that is wrong with it at once, each fault with its line and the word that was probably meant', () => {
    const wrong = good
      .replace('partner: acme', 'partner: acmee')
      .replace('stage: live', 'stage: life\nsla: gold')
      .replace('id: "0012345"', 'id: 0012345')
      .replace('type: pigeon, loft: north', 'type: pigeon, loaft: north')
      .replace('[wrap80]', '[wrap08]');
    write('acme', wrong);
    expect(lines().sort()).toEqual([
      'partners/acme/partner.yaml:11:25: error ERR_FILE_SCHEMA channels.drop: unknown key "loaft" · hint: did you mean "loft"?',
      'partners/acme/partner.yaml:11:9: error ERR_FILE_SCHEMA channels.drop: expected a key "loft", found none',
      'partners/acme/partner.yaml:15:14: error ERR_FILE_REFERENCE leniencies.0: expected one of wrap80, found "wrap08" · hint: did you mean "wrap80"?',
      'partners/acme/partner.yaml:2:10: error ERR_FILE_REFERENCE partner: expected "acme", the name of its file or folder, found "acmee"',
      'partners/acme/partner.yaml:4:8: error ERR_FILE_SCHEMA stage: expected one of live, test, found "life" · hint: did you mean "live"?',
      'partners/acme/partner.yaml:5:1: error ERR_FILE_SCHEMA unknown key "sla" · hint: expected one of partner, title, stage, identities, channels, documents, formats, acknowledgments, controlNumbers, leniencies, encoding',
      'partners/acme/partner.yaml:9:30: error ERR_FILE_SCHEMA identities.x12.1.id: expected a string, found 12345 · hint: put it in quotes: "0012345"',
    ]);
    expect(load().partners.size).toBe(0);
  });

  it('with a kind of channel that does not exist is told which exist', () => {
    write('acme', good.replace('type: pigeon', 'type: pidgeon'));
    expect(lines()).toEqual([
      'partners/acme/partner.yaml:10:17: error ERR_FILE_REFERENCE channels.drop.type: expected one of pigeon, found "pidgeon" · hint: did you mean "pigeon"?',
    ]);
  });

  it.each([
    ['nothing at all', ''],
    ['a list', '- a\n- b\n'],
    ['a word', 'hello\n'],
    ['broken YAML', 'partner: [\n'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
    ['null where an object belongs', good.replace(/channels:\n.*\n/, 'channels:\n')],
    ['a list where an object belongs', good.replace(/channels:\n.*\n/, 'channels: [1]\n')],
  ])('of %s is a problem with a place, not a crash', (_what, text) => {
    write('acme', text);
    const { partners, problems } = load();
    expect(partners.size).toBe(0);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem.at).toMatchObject({ file: 'partners/acme/partner.yaml' });
  });

  it('that is missing from its folder is named, and spoils no other', () => {
    write('acme', good);
    mkdirSync(path.join(home, 'partners', 'empty'));
    const { partners, problems } = load();
    expect([...partners.keys()]).toEqual(['acme']);
    expect(problems).toMatchObject([{ code: 'ERR_FILE_READ', at: { file: 'partners/empty/partner.yaml' } }]);
  });

  it('may not claim a sender that another one claims; the problem names both', () => {
    write('acme', good);
    write('bolt', good.replace('partner: acme', 'partner: bolt').replace('ACMESUPPLY', 'BOLT'));
    expect(lines()).toEqual([
      'partners/bolt/partner.yaml:8:7: error ERR_FILE_CONFLICT identities: expected a sender that no other entry claims, found 01/0012345, which partners/acme/partner.yaml:8 claims as well · hint: decide whether 01/0012345 is acme or bolt',
    ]);
  });

  it('is found by the sender of an envelope, padded or not', () => {
    write('acme', good);
    const { partners } = load();
    expect(partnerOf({ qualifier: 'ZZ', id: 'ACMESUPPLY     ' }, partners)?.name).toBe('acme');
    expect(partnerOf({ qualifier: '01', id: '0012345' }, partners)?.name).toBe('acme');
    expect(partnerOf({ qualifier: '01', id: '12345' }, partners)).toBeUndefined();
    expect(partnerOf({ qualifier: 'ZZ', id: ' ACMESUPPLY' }, partners)).toBeUndefined();
  });
});
