/** The endpoint of the benchmarks, in a process of its own: takes a POST, answers 200, and tells its parent when each id was answered. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

let answered: [id: string, atMs: number][] = [];

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200).end();
    // Wall clock with the resolution of the monotonic one: the same for all processes of a machine.
    answered.push([String(request.headers['webhook-id']), performance.timeOrigin + performance.now()]);
  });
});
setInterval(() => {
  if (answered.length === 0) return;
  process.send?.({ answered });
  answered = [];
}, 20);
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
