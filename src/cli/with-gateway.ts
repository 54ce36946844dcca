/** A gateway for as long as one command works with it. */
import type { Gateway } from '../pipeline/gateway.ts';
import type { Application } from './application.ts';

/** Its stores are open while `work` runs and closed after it, however it ends. */
export async function withGateway<Result>(app: Application, work: (gateway: Gateway) => Promise<Result>): Promise<Result> {
  const { gateway, close } = await app.open();
  try {
    return await work(gateway);
  } finally {
    await close();
  }
}
