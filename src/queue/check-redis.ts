/** What doctor asks of Redis or Valkey: does it answer, and may it drop our keys? */
import { Redis } from 'ioredis';
import { GatewayError } from '../core/errors/errors.ts';
import { refuseEviction } from './carrier.ts';

export async function checkRedis(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: 3000,
  });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await refuseEviction(redis);
    const version = /^(?:valkey|redis)_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown';
    return `Redis ${version}, keys are never evicted`;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('ERR_STORE_UNAVAILABLE', 'Redis does not answer', { cause: error, hint: 'check REDIS_URL' });
  } finally {
    redis.disconnect();
  }
}
