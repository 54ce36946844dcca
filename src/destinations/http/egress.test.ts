import { afterAll, describe, expect, it } from 'vitest';
import { openHttpDestination } from './destination.ts';
import { egressFor } from './egress.ts';
import { context, localOptions, never, outgoing, startErp } from './harness.ts';

const closed = egressFor([]);
const destination = openHttpDestination();
afterAll(() => destination.close?.());

describe('egress', () => {
  it.each([
    ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '169.254.169.254'],
    ...['198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1', '::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1'],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe',
      '::ffff:10.0.0.1',
      '0:0:0:0:0:ffff:7f00:1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:0:1::',
      '2001:db8::1',
    ],
    'not an address',
  ])('refuses %s', (address) => {
    expect(closed(address, 'https:')).toBe('private');
  });

  it.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.255.255', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1', '::ffff:8.8.8.8'])(
    'lets %s through, with TLS only',
    (address) => {
      expect(closed(address, 'https:')).toBe('allowed');
      expect(closed(address, 'http:')).toBe('plain');
    },
  );

  it('lets through what the endpoint lists, and no more', () => {
    const listed = egressFor(['10.20.0.0/16', 'fd00::/8']);
    expect(listed('10.20.3.4', 'http:')).toBe('allowed');
    expect(listed('::ffff:10.20.3.4', 'http:')).toBe('allowed');
    expect(listed('::ffff:10.20.3.4%eth0', 'http:')).toBe('allowed');
    expect(listed('fd12::1', 'https:')).toBe('allowed');
    expect(listed('10.21.0.1', 'https:')).toBe('private');
  });

  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://[::ffff:127.0.0.1]', 'http://2130706433', 'http://0x7f.1', 'http://0'])(
    'sends nothing to %s when it is not listed',
    async (origin) => {
      const erp = await startErp((_request, response) => response.end());
      const outcome = await destination.deliver(outgoing(3_000), localOptions(`${origin}:${erp.port}/`, { allow: ['10.0.0.0/8'] }), context, never);
      expect(outcome).toMatchObject({ class: 'refused', detail: expect.stringContaining('not listed under allow') });
      expect(erp.requests).toHaveLength(0);
      await erp.close();
    },
  );

  it('refuses the metadata address and says why, without waiting for it', async () => {
    const outcome = await destination.deliver(outgoing(3_000), localOptions('http://169.254.169.254/latest/meta-data/'), context, never);
    expect(outcome).toEqual({ class: 'refused', detail: '169.254.169.254 is not a public address and is not listed under allow' });
  });

  it('checks the address that a name resolves to, and connects when it is listed', async () => {
    const erp = await startErp((_request, response) => response.end());
    const url = `http://localhost:${erp.port}/`;
    expect(await destination.deliver(outgoing(3_000), localOptions(url, { allow: [] }), context, never)).toMatchObject({ class: 'refused' });
    expect(await destination.deliver(outgoing(3_000), localOptions(url), context, never)).toMatchObject({ class: 'delivered' });
    await erp.close();
  });
});
