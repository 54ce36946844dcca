/** `quayside quarantine` and `quayside messages route` as people and scripts use them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bill, interchange } from '../support/documents.ts';
import { startTranslation, type TranslationSite } from '../support/translation.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const invoice = (control: number, options = {}) => interchange({ partner: 'acme', control }, 'IN', [bill('INV-1', 'PO-1', options)]);

describe('on the command line', { timeout: 400_000 }, () => {
  let site: TranslationSite;
  beforeAll(async () => {
    site = await startTranslation({ endpoint: { events: '["ship_notice.received"]' } });
  });
  afterAll(() => site.close());

  const quayside = (...words: string[]): Promise<{ status: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH ?? '', ...site.home.secrets, QUAYSIDE_HOME: site.home.directory, DATABASE_URL: site.database.url };
      execFile(process.execPath, [join(ROOT, 'bin/quayside.mjs'), ...words], { env, cwd: ROOT }, (error, out, err) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err }),
      );
    });

  it('a person finds what waits, compares it, releases one and rejects another', async () => {
    await site.translated(invoice(1));
    const held = [invoice(2, { price: '13.00' }), invoice(3, { price: '14.00' })];
    const ids: string[] = [];
    for (const text of held) ids.push((await site.translated(text)).documentRows[0]?.id ?? '');
    const [one = '', two = ''] = ids;

    const listed = await quayside('quarantine', 'list', '--partner', 'acme', '--json');
    expect(
      listed.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(ids);
    const shown = await quayside('quarantine', 'show', one);
    expect(shown.out).toContain('/lines/0/price/amount: "12.50" → "13.00"');
    expect(shown.out).toContain('ERR_DOCUMENT_CONFLICT');
    expect(await quayside('quarantine', 'release', one, '--reason', 'by phone')).toMatchObject({
      status: 0,
      out: expect.stringContaining('released'),
    });
    expect(await quayside('quarantine', 'reject', two, '--reason', 'a mistake', '--json')).toMatchObject({ status: 0 });
    const late = await quayside('quarantine', 'reject', one, '--reason', 'after all');
    expect(late).toMatchObject({ status: 1, err: expect.stringContaining('ERR_DOCUMENT_STATE') });
    await site.settled();
    expect((await site.events()).map(({ basis }) => basis)).toEqual(['first', 'released']);

    const repeat = await site.translated(invoice(4, { price: '13.00' }));
    const message = await quayside('messages', 'show', repeat.id);
    expect(message.out).toContain(`repeats event ${(await site.events())[1]?.id}`);
  });

  it('nobody routes the past by mistake: counted first, asked, and with a reason', async () => {
    const count = (await site.events()).length;
    site.home.write('queues/erp.yaml', readFileSync(join(site.home.directory, 'queues/erp.yaml'), 'utf8').replace('ship_notice', 'invoice'));
    const plan = await quayside('messages', 'route', '--unrouted', '--dry-run', '--reason', 'connected');
    expect(plan).toMatchObject({ status: 0, out: `would send ${count} events: ${count} to erp\n` });
    expect(await quayside('messages', 'route', '--unrouted', '--reason', 'connected')).toMatchObject({
      status: 2,
      err: expect.stringContaining('--yes'),
    });
    expect(await quayside('messages', 'route', '--unrouted', '--yes', '--reason', 'connected')).toMatchObject({
      status: 0,
      out: `routed ${count} events: ${count} to erp\n`,
    });
    expect((await site.events()).map(({ deliveries }) => deliveries)).toEqual(Array(count).fill(1));
  });
});
