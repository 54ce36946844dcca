/**
 * Keeps callbacks out of places that a url must not reach: loopback, private networks, cloud metadata and the like.
 *
 * The address is checked when a connection is made, and that very address is connected to, so that a name which
 * resolves differently the second time (DNS rebinding) gains nothing. What an endpoint lists under `allow` is let through.
 */
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';

/** IANA special-purpose registries (RFC 6890 and successors), with multicast and the reserved ranges. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
  // Azure's platform services, metadata among them: the one such address that the registries call public.
  '168.63.129.16/32',
].flatMap((line) => line.split(' '));
/** Of IPv6 only global unicast is public, and of that not what embeds IPv4 (Teredo, 6to4), documentation or protocol assignments. */
const GLOBAL_IPV6 = ['2000::/3'];
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Thrown into the connection; never retried by itself. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused';
}

/** `dns.lookup`, all addresses at once; tests hand in one that lies. */
export type Resolver = (hostname: string, options: LookupAllOptions, callback: (error: Error | null, found: LookupAddress[]) => void) => void;

export type Egress = (address: string, scheme: string) => 'allowed' | 'private' | 'plain';

const special = { ipv4: ranges(SPECIAL_IPV4), ipv6: ranges(SPECIAL_IPV6), global: ranges(GLOBAL_IPV6) };

/** `plain`: http to an address that is not listed, where anyone on the way could read documents and credentials. */
export function egressFor(allow: readonly string[]): Egress {
  const listed = ranges(allow);
  return (address, scheme) => {
    const bare = unmapped(address);
    const family = isIP(bare) === 4 ? 'ipv4' : 'ipv6';
    if (isIP(bare) === 0) return 'private';
    if (listed.check(bare, family)) return 'allowed';
    const isPublic = family === 'ipv4' ? !special.ipv4.check(bare, family) : special.global.check(bare, family) && !special.ipv6.check(bare, family);
    if (!isPublic) return 'private';
    return scheme === 'https:' ? 'allowed' : 'plain';
  };
}

/** What a connection is made with, besides its address. `tls` is asked at each connection, so that a renewed certificate is taken. */
export interface ConnectorOptions {
  readonly timeoutMs: number;
  readonly resolve?: Resolver | undefined;
  readonly tls?: (() => TlsMaterial) | undefined;
}

export interface TlsMaterial {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: readonly string[];
}

/** Connects only to addresses that were checked; TLS is as strict as Node's defaults. */
export function guardedConnector(egress: Egress, { timeoutMs, resolve = lookup, tls }: ConnectorOptions): buildConnector.connector {
  const make = (scheme: string, material: object = {}) =>
    buildConnector({ ...material, timeout: timeoutMs, lookup: guardedLookup(egress, scheme, resolve) } as object);
  const plain = make('http:');
  let secured = make('https:');
  let inUse: TlsMaterial | undefined;
  const securedNow = () => {
    const material = tls?.();
    // One connector for as long as nothing was renewed: it keeps TLS sessions.
    if (material !== inUse) secured = make('https:', material);
    inUse = material;
    return secured;
  };
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    // Node never calls `lookup` for an address that is written out.
    const verdict = isIP(host) === 0 ? 'allowed' : egress(host, options.protocol);
    if (verdict !== 'allowed') return callback(refusal(host, [host], verdict), null);
    try {
      const connect = options.protocol === 'https:' ? securedNow() : plain;
      connect(options, callback);
    } catch (thrown) {
      callback(thrown instanceof Error ? thrown : new Error(String(thrown)), null);
    }
  };
}

function guardedLookup(egress: Egress, scheme: string, resolve: Resolver): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '');
      const passed = found.filter(({ address }) => egress(address, scheme) === 'allowed');
      const first = passed[0];
      if (first === undefined) {
        const verdict = found.some(({ address }) => egress(address, scheme) === 'plain') ? 'plain' : 'private';
        const addresses = found.map(({ address }) => address);
        return callback(refusal(hostname, addresses, verdict), '');
      }
      if (options.all === true) callback(null, passed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(host: string, addresses: readonly string[], verdict: string): EgressRefused {
  const where = addresses.includes(host) ? host : `${host} (${addresses.join(', ')})`;
  if (verdict === 'plain') return new EgressRefused(`expected https, found http to ${where}, which is not listed under allow`);
  return new EgressRefused(`${where} is not a public address and is not listed under allow`);
}

/** `::ffff:127.0.0.1` is 127.0.0.1 to the network stack, in whichever way it is written and whatever zone is named. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped === null) return canonical;
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function ranges(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', prefix] = cidr.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
