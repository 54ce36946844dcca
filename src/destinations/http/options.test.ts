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
});
