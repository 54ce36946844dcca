/** What the guard keeps out when a connection is made: whoever is asked, however the address is written, whatever the resolver says. */
import type { LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttpDestination } from './destination.ts';
import { EgressRefused, egressFor, guardedConnector, type Resolver } from './egress.ts';
import { context, keepServers, localOptions, never, outgoing, startErp } from './harness.ts';
import type { HttpOptions } from './options.ts';

const { opened, closeAll } = keepServers();
afterEach(closeAll);

const METADATA = ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16', '[fd00:ec2::254]', '[fd20:ce::254]'];

/** Answers each question with the next of its answers; the last one for ever. */
function scripted(...answers: string[][]): { resolve: Resolver; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolver = (hostname, _options, callback) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    const found: LookupAddress[] = answer.map((address) => ({ address, family: isIP(address) }));
    setImmediate(() => callback(null, found));
  };
  return { resolve, asked };
}

/** What the guard says of a url before any connection is made; fails if one is attempted. */
function verdictOn(url: string, allow: string[] = [], resolve: Resolver = () => expect.unreachable('a written address was resolved')) {
  const connect = guardedConnector(egressFor(allow), { timeoutMs: 100, resolve });
  const { hostname, protocol, host, port } = new URL(url);
  return new Promise<Error | null>((done) => {
    connect({ hostname: hostname.replace(/^\[|\]$/g, ''), protocol, host, port }, (error, socket) => {
      socket?.destroy();
      done(error);
    });
  });
}

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const within = (...first: number[]) => octets.map((all) => [...first, ...all.slice(first.length)] as [number, number, number, number]);
const privateIpv4 = fc.oneof(
  ...[[10], [127], [0], [192, 168], [169, 254], [169, 254, 169, 254], [198, 18], [224], [240], [255, 255, 255, 255]].map((first) => within(...first)),
  fc.integer({ min: 16, max: 31 }).chain((second) => within(172, second)),
  fc.integer({ min: 64, max: 127 }).chain((second) => within(100, second)),
);
type Octets = [number, number, number, number];
const asNumber = ([a, b, c, d]: Octets) => ((a * 256 + b) * 256 + c) * 256 + d;
const hexPair = ([a, b, c, d]: Octets) => `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;

/** Ways to write an IPv4 address that a url takes, or that embed one in IPv6. */
const SPELLINGS: Record<string, (ip: Octets) => string> = {
  dotted: (ip) => ip.join('.'),
  'with a dot at the end': (ip) => `${ip.join('.')}.`,
  'as one decimal': (ip) => String(asNumber(ip)),
  'as one hex': (ip) => `0x${asNumber(ip).toString(16)}`,
  'as one octal': (ip) => `0${asNumber(ip).toString(8)}`,
  'hex by part': (ip) => ip.map((part) => `0x${part.toString(16)}`).join('.'),
  'octal by part': (ip) => ip.map((part) => `0${part.toString(8)}`).join('.'),
  'octal with zeros': (ip) => ip.map((part) => `0000${part.toString(8)}`).join('.'),
  'in three parts': ([a, b, c, d]) => `${a}.${b}.${c * 256 + d}`,
  'in two parts': ([a, b, c, d]) => `${a}.${(b * 256 + c) * 256 + d}`,
  'percent-encoded': (ip) => [...ip.join('.')].map((char) => `%${char.charCodeAt(0).toString(16)}`).join(''),
  'in full-width digits': (ip) => ip.join('.').replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  'with ideographic dots': (ip) => ip.join('。'),
  'IPv4-mapped, dotted': (ip) => `[::ffff:${ip.join('.')}]`,
  'IPv4-mapped, hex': (ip) => `[::ffff:${hexPair(ip)}]`,
  'IPv4-mapped, in full': (ip) => `[0:0:0:0:0:ffff:${hexPair(ip)}]`,
  'IPv4-compatible': (ip) => `[::${ip.join('.')}]`,
  NAT64: (ip) => `[64:ff9b::${hexPair(ip)}]`,
  'local NAT64': (ip) => `[64:ff9b:1::${hexPair(ip)}]`,
  '6to4': (ip) => `[2002:${hexPair(ip)}::1]`,
  Teredo: (ip) => `[2001:0:${hexPair(ip)}::1]`,
  ISATAP: (ip) => `[fe80::5efe:${hexPair(ip)}]`,
};

describe('a written address that is not public', () => {
  it.each(Object.entries(SPELLINGS))('is refused %s, over https too', async (_name, spell) => {
    await fc.assert(
      fc.asyncProperty(privateIpv4, fc.constantFrom('http', 'https'), async (ip, scheme) => {
        expect(await verdictOn(`${scheme}://${spell(ip)}/x`)).toBeInstanceOf(EgressRefused);
      }),
    );
  });

  it.each([...METADATA, '[fe80::1]', '[fe80::a9fe:a9fe]', '[fec0::1]', '[ff02::1]', '[::1]', '[::]', '[100::1]', '[fc00::1]', '[5f00::1]'])(
    'is refused: %s',
    async (host) => {
      expect(await verdictOn(`https://${host}/latest/meta-data/`)).toBeInstanceOf(EgressRefused);
    },
  );

  it.each(['http://[fe80::1%25eth0]/', 'http://[::1%25lo]/', 'http://256.0.0.1/', 'http://1.2.3.4.5/'])(
    '%s is no url, and parks the endpoint instead of giving up its events',
    async (url) => {
      const destination = openHttpDestination();
      const outcome = await destination.deliver(outgoing(2_000), localOptions(url), context, never);
      await destination.close();
      expect(outcome).toMatchObject({ class: 'refused', detail: expect.stringContaining('expected a url') });
    },
  );
});

describe('a name', () => {
  it.each(['fe80::1%eth0', '::1%lo', '::ffff:127.0.0.1%lo', 'fd00::1%1', '169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'])(
    'that leads to %s is refused',
    async (address) => {
      const { resolve, asked } = scripted([address]);
      expect(await verdictOn('https://erp.example/', [], resolve)).toBeInstanceOf(EgressRefused);
      expect(asked).toEqual(['erp.example']);
    },
  );

  it('written with a dot at its end is the same name', async () => {
    const { resolve } = scripted(['127.0.0.1']);
    expect(await verdictOn('https://localhost./', [], resolve)).toBeInstanceOf(EgressRefused);
  });

  it('is resolved once for a connection, and that very address is connected to: a second answer gains nothing', async () => {
    // 127.0.0.1 stands for the public address that the name shows when it is looked at; 127.0.0.2 for the private one that it shows next.
    const shown = await opened(startErp((_request, response) => response.writeHead(200, { connection: 'close' }).end()));
    const { resolve, asked } = scripted(['127.0.0.1'], ['127.0.0.2']);
    const destination = openHttpDestination(resolve);
    const options = localOptions(`http://rebinding.example:${shown.port}/`, { allow: ['127.0.0.1/32'] });
    expect(await destination.deliver(outgoing(3_000), options, context, never)).toMatchObject({ class: 'delivered' });
    expect(asked).toHaveLength(1);
    // A new connection is a new look, and a new check.
    expect(await destination.deliver(outgoing(3_000), options, context, never)).toMatchObject({
      class: 'refused',
      detail: 'rebinding.example (127.0.0.2) is not a public address and is not listed under allow',
    });
    expect(asked).toHaveLength(2);
    expect(shown.requests).toHaveLength(1);
    await destination.close();
  });

  it('with several addresses is connected to at those that passed, never at the others', async () => {
    const reached: (string | undefined)[] = [];
    const everywhere = createServer((request, response) => {
      reached.push(request.socket.localAddress);
      request.resume();
      response.end();
    });
    await new Promise<void>((resolve) => everywhere.listen(0, '0.0.0.0', resolve));
    const { port } = everywhere.address() as AddressInfo;
    const { resolve } = scripted(['127.0.0.2', '127.0.0.1', '127.0.0.3']);
    const destination = openHttpDestination(resolve);
    const options = localOptions(`http://mixed.example:${port}/`, { allow: ['127.0.0.1/32'] });
    expect(await destination.deliver(outgoing(3_000), options, context, never)).toMatchObject({ class: 'delivered' });
    expect(reached).toEqual(['127.0.0.1']);
    await destination.close();
    await new Promise((done) => everywhere.close(done));
  });
});

describe.each(['delivery', 'token', 'probe', 'handshake'] as const)('the url of a %s', (what) => {
  /** Everything where it may be, but the one url in question. */
  const optionsWith = (url: string, fine: string, allow: string[]): HttpOptions =>
    localOptions(what === 'delivery' || what === 'handshake' ? url : fine, {
      allow,
      ...(what === 'handshake' ? { handshake: { origin: 'edi.example.org' } } : {}),
      ...(what === 'token' ? { auth: { oauth2: { tokenUrl: url, clientId: 'q', clientSecret: 'file:client-secret', style: 'basic' } } } : {}),
      ...(what === 'probe' ? { probe: { url: `${url}{idempotencyKey}`, received: [200], absent: [404] } } : {}),
    });
  const send = async (options: HttpOptions, resolve?: Resolver): Promise<{ result: string; detail: string }> => {
    const destination = openHttpDestination(resolve);
    try {
      if (what === 'probe') {
        const { found, detail } = await destination.probe(outgoing(3_000), options, context, never);
        return { result: found, detail };
      }
      const outcome = await destination.deliver(outgoing(3_000), options, context, never);
      return { result: outcome.class, detail: outcome.detail };
    } finally {
      await destination.close();
    }
  };
  const refused = what === 'probe' ? 'unknown' : 'refused';

  it.each(METADATA)('does not reach %s', async (host) => {
    const fine = await opened(startErp((_request, response) => response.end()));
    const { result, detail } = await send(optionsWith(`http://${host}/`, fine.url, ['127.0.0.0/8']));
    expect({ result, detail }).toEqual({ result: refused, detail: expect.stringContaining('is not a public address and is not listed under allow') });
    expect(fine.requests).toHaveLength(0);
  });

  it('does not reach what a name turned to after it was looked at', async () => {
    const fine = await opened(startErp((_request, response) => response.end()));
    const { resolve, asked } = scripted(['127.0.0.2']);
    const { result } = await send(optionsWith(`http://rebinding.example:${fine.port}/`, fine.url, ['127.0.0.1/32']), resolve);
    expect(result).toBe(refused);
    expect(asked).toEqual(['rebinding.example']);
    expect(fine.requests).toHaveLength(0);
  });

  it('does not go without TLS to where the file does not list', async () => {
    const fine = await opened(startErp((_request, response) => response.end()));
    const { resolve } = scripted(['93.184.215.14']);
    const { result, detail } = await send(optionsWith('http://public.example/', fine.url, ['127.0.0.0/8']), resolve);
    expect({ result, detail }).toEqual({ result: refused, detail: expect.stringContaining('expected https, found http') });
  });

  it.each([301, 302, 303, 307, 308])('is not left by a %d, neither to the metadata address nor to anywhere else', async (status) => {
    const elsewhere = await opened(startErp((_request, response) => response.end()));
    for (const location of [elsewhere.url, 'http://169.254.169.254/latest/meta-data/']) {
      const redirecting = await opened(startErp((_request, response) => response.writeHead(status, { location }).end()));
      const fine = await opened(startErp((_request, response) => response.end()));
      const { result } = await send(optionsWith(redirecting.url.replace('/events', '/'), fine.url, ['127.0.0.0/8']));
      expect(result).toBe({ delivery: 'redirect', token: 'auth', probe: 'unknown', handshake: 'refused' }[what]);
      expect([redirecting.requests.length, fine.requests.length, elsewhere.requests.length]).toEqual([1, 0, 0]);
    }
  });
});
