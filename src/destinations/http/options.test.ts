import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../core/schema-check.ts';
import { httpDestination } from './destination.ts';
import { httpOptions } from './options.ts';

const check = compileSchema(httpOptions);
const base = { url: 'https://erp.example.com/events', signing: { secrets: ['env:QUAYSIDE_SECRET_ERP'] } };
const faults = (more: object) => check({ ...base, ...more }).map((fault) => fault.path.join('.'));

describe('the options of an HTTP endpoint', () => {
  it('accept the examples', () => {
    for (const { options } of httpDestination.examples) expect(check(options)).toEqual([]);
  });

  it.each(['https://erp.example.com', 'https://erp.example.com:8443/a/b?c=d', 'http://10.0.0.1/', 'https://[fd00::1]:8443/x'])(
    'accept the url %s',
    (url) => {
      expect(faults({ url })).toEqual([]);
      expect(URL.canParse(url)).toBe(true);
    },
  );

  it.each([
    '',
    'erp.example.com',
    'ftp://erp.example.com/',
    'https://user:pw@erp.example.com/',
    'https://erp.example.com/#x',
    'https://erp example/',
    'file:///etc/passwd',
  ])('refuse the url %j', (url) => {
    expect(faults({ url })).toEqual(['url']);
  });

  it.each(['10.0.0.0/8', '192.168.1.7/32', '0.0.0.0/0', 'fd00::/8', '::1/128', '::/0', '2001:db8:1:2:3:4:5:6/64', '::ffff:0:0/96'])(
    'accept the range %s, and so does the guard',
    (range) => {
      expect(faults({ allow: [range] })).toEqual([]);
      const [address = '', prefix] = range.split('/');
      expect(() => new BlockList().addSubnet(address, Number(prefix), range.includes(':') ? 'ipv6' : 'ipv4')).not.toThrow();
    },
  );

  it.each(['10.0.0.0', '10.0.0/8', '256.0.0.0/8', '10.0.0.0/33', '1:2:3:4:5:6:7:8:9/64', 'fd00::/129', '::1::/64', 'localhost', '1:2/64'])(
    'refuse the range %s',
    (range) => {
      expect(faults({ allow: [range] })).toEqual(['allow.0']);
    },
  );

  it.each([
    'authorization',
    'cookie',
    'host',
    'content-type',
    'webhook-id',
    'webhook-request-origin',
    'ce-id',
    'tracestate',
    'idempotency-key',
    'quayside-attempt',
    'X-Upper',
    'transfer-encoding',
    'a b',
  ])('refuse the header %s', (name) => {
    expect(faults({ headers: { [name]: 'x' } })).toEqual([`headers.${name}`]);
  });

  it('accept other headers, but no line ends in them', () => {
    expect(faults({ headers: { 'x-company': 'north', accept: 'application/json' } })).toEqual([]);
    expect(faults({ headers: { 'x-company': 'a\r\nx-evil: 1' } })).toEqual(['headers.x-company']);
  });

  it('refuse a callback that nobody signs, and credentials that stand in the file or come in two kinds', () => {
    expect(faults({ signing: { secrets: [] } })).toEqual(['signing.secrets']);
    expect(faults({ auth: { bearer: 'the token itself' } })).toEqual(['auth.bearer']);
    expect(faults({ auth: {} })).toEqual(['auth']);
    expect(faults({ auth: { bearer: 'file:t', basic: { username: 'u', password: 'file:p' } } })).toEqual(['auth']);
  });

  it('refuse a token endpoint without a secret by reference, without a style, or with what no form may hold', () => {
    const oauth2 = { tokenUrl: 'https://login.example.com/token', clientId: 'q', clientSecret: 'file:s', style: 'basic' };
    const of = (more: object) => faults({ auth: { oauth2: { ...oauth2, ...more } } });
    expect(of({ scope: 'a b', audience: 'https://erp' })).toEqual([]);
    expect(of({ clientSecret: 'the secret itself' })).toEqual(['auth.oauth2.clientSecret']);
    expect(of({ style: undefined })).toEqual(['auth.oauth2']);
    expect(of({ style: 'query' })).toEqual(['auth.oauth2.style']);
    expect(of({ tokenUrl: 'https://user:pw@login.example.com/' })).toEqual(['auth.oauth2.tokenUrl']);
    for (const scope of ['', 'a  b', ' a', 'a"b', 'a\\b']) expect(of({ scope })).toEqual(['auth.oauth2.scope']);
    expect(faults({ auth: { bearer: 'file:t', oauth2 } })).toEqual(['auth']);
  });

  it.each([
    ['https://erp.example.com/e/{idempotencyKey}', true],
    ['https://erp.example.com?key={idempotencyKey}', true],
    ['https://erp.example.com/events', false],
    ['https://{idempotencyKey}.example.com/', false],
    ['https://erp.example.com/{key}/{idempotencyKey}', false],
    ['https://erp.example.com/#{idempotencyKey}', false],
  ])('a probe of %s: %s', (url, fits) => {
    expect(faults({ probe: { url, received: [200], absent: [404] } })).toEqual(fits ? [] : ['probe.url']);
  });

  it('refuse a probe that takes a status for two things, or an error for an answer', () => {
    const url = 'https://erp.example.com/{idempotencyKey}';
    expect(faults({ probe: { url, received: [404], absent: [404] } })).toEqual(['probe.received.0']);
    expect(faults({ probe: { url, received: [200], absent: [200] } })).toEqual(['probe.absent.0']);
    for (const status of [401, 403, 429, 500, 503]) expect(faults({ probe: { url, received: [200], absent: [status] } })).toEqual(['probe.absent.0']);
    expect(faults({ probe: { url, received: [], absent: [404] } })).toEqual(['probe.received']);
  });

  it('refuse an origin that is no DNS name, and half a certificate', () => {
    expect(faults({ handshake: { origin: 'edi.example.org', rate: 60, again: '12h' } })).toEqual([]);
    for (const origin of ['https://edi.example.org', 'EDI.example.org', '*', 'edi..example', '', '-a.example'])
      expect(faults({ handshake: { origin } })).toEqual(['handshake.origin']);
    expect(faults({ handshake: { origin: 'a.example', rate: 0 } })).toEqual(['handshake.rate']);
    expect(faults({ tls: { ca: 'file:ca' } })).toEqual([]);
    expect(faults({ tls: { certificate: 'file:c', key: 'file:k' } })).toEqual([]);
    expect(faults({ tls: { certificate: 'file:c' } })).toEqual(['tls']);
    expect(faults({ tls: { key: 'file:k' } })).toEqual(['tls']);
    expect(faults({ tls: {} })).toEqual(['tls']);
  });
});
