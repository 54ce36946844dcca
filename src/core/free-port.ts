/** A port for a server that cannot say which one it took. */
import { type AddressInfo, createServer } from 'node:net';

/** Nobody listens at it now; somebody else may before its server does. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
