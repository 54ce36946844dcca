/**
 * What a key may do: a closed list, each scope named in full. There is no wildcard, so that none can be granted by accident, and a
 * scope that a later version adds is held by no key that exists.
 */
import { GatewayError } from '../core/errors/errors.ts';
import { suggest } from '../core/suggest.ts';

export const SCOPES = {
  'messages:read': 'what was received and what became of it',
  'messages:raw': 'the bytes as the partner sent them',
  'events:read': 'canonical events, the feed, where each value came from',
  'acknowledgments:read': 'what partners are owed as acknowledgments',
  'deliveries:read': 'deliveries and their attempts',
  'dead-letters:read': 'what was given up, and why',
  'dead-letters:write': 'skip and discard dead letters',
  'quarantine:read': 'what is held back',
  'quarantine:write': 'release and reject what is held back',
  'replays:read': 'replay jobs',
  'replays:write': 'plan, start and cancel replay jobs',
  'endpoints:read': 'endpoints, their state and backlog',
  'endpoints:write': 'pause and resume endpoints',
  'health:read': 'stores, queues and what is stuck',
  'audit:read': 'who changed what, and why',
  'metrics:read': 'figures for Prometheus',
} as const;

export type Scope = keyof typeof SCOPES;
export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];

/** About the gateway as a whole: a key of some partners cannot hold them, because what they show or change is everybody's. */
export const SITE_SCOPES: readonly Scope[] = ['endpoints:read', 'endpoints:write', 'health:read', 'audit:read', 'metrics:read'];

export const isScope = (text: string): text is Scope => Object.hasOwn(SCOPES, text);

/** Throws ERR_USAGE for a scope that does not exist, and for one that a key of some partners cannot hold. */
export function parseScopes(texts: readonly string[], partners: readonly string[] | undefined): Scope[] {
  const scopes = [...new Set(texts)].map((text) => {
    if (isScope(text)) return text;
    const near = suggest(text, SCOPE_NAMES);
    throw new GatewayError('ERR_USAGE', `--scope: expected one of ${SCOPE_NAMES.join(', ')}, found "${text}"`, {
      hint: near && `did you mean ${near}?`,
    });
  });
  if (scopes.length === 0) throw new GatewayError('ERR_USAGE', '--scope: expected at least one, found none');
  const tooWide = scopes.find((scope) => SITE_SCOPES.includes(scope));
  if (partners !== undefined && tooWide !== undefined)
    throw new GatewayError('ERR_USAGE', `--scope: expected scopes that are about partners, found ${tooWide}, which is about the whole gateway`, {
      hint: 'make two keys: one with --partner, one without',
    });
  return scopes;
}
