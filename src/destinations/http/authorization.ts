/** The credentials of an endpoint as one header, and the one repeat that a stale token is worth. */
import { GatewayError } from '../../core/errors/errors.ts';
import { type Exchange, type ExchangeRequest, exchange, type Limits } from './exchange.ts';
import type { Route } from './routes.ts';

interface Authorization {
  readonly header: string | undefined;
  /** Present for a token that was there already: forgets it. */
  readonly drop?: () => void;
}

/**
 * Sends with our credentials. A 401 to a token that was kept may only mean that it was revoked: it is dropped, and the request made once
 * more with a new one. The endpoint refused the first before it read it, so that this is no second delivery.
 */
export async function exchangeAuthorized(
  route: Route,
  url: URL,
  request: (authorization: Record<string, string>) => ExchangeRequest,
  limits: Limits,
  keepBytes: number,
): Promise<Exchange> {
  const send = ({ header }: Authorization) =>
    exchange(route.lines.poolTo(url), request(header === undefined ? {} : { authorization: header }), limits, keepBytes);
  const authorization = await authorize(route, limits);
  const result = await send(authorization);
  if (authorization.drop === undefined || 'failure' in result || result.answer.status !== 401) return result;
  authorization.drop();
  return send(await authorize(route, limits));
}

/** Throws ERR_CONFIG_SECRET, or what keeps a token from us. */
async function authorize(route: Route, limits: Limits): Promise<Authorization> {
  const { token } = route;
  if (token === undefined) return { header: writtenCredentials(route) };
  const { value, kept } = await token.get(limits);
  return { header: `Bearer ${value}`, ...(kept ? { drop: () => token.drop(value) } : {}) };
}

/** Throws ERR_CONFIG_SECRET. */
export function writtenCredentials({ options, secretOf }: Pick<Route, 'options' | 'secretOf'>): string | undefined {
  const { bearer, basic } = options.auth ?? {};
  if (basic !== undefined) return `Basic ${Buffer.from(`${basic.username}:${secretOf(basic.password)}`, 'utf8').toString('base64')}`;
  if (bearer === undefined) return undefined;
  const token = secretOf(bearer);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new GatewayError('ERR_CONFIG_SECRET', `${bearer}: a bearer token has no blanks, line ends or characters beyond ASCII`);
  return `Bearer ${token}`;
}
