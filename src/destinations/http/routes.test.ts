import { afterEach, describe, expect, it } from 'vitest';
import { context, localOptions } from './harness.ts';
import { openRoutes } from './routes.ts';

let routes = openRoutes(undefined);
afterEach(async () => {
  await routes.close();
  routes = openRoutes(undefined);
});
const optionsOf = (n: number) => localOptions(`http://127.0.0.1:9/${n}`);

describe('routes', () => {
  it('are found by the options object, and by what it says when the file was read anew', () => {
    const options = optionsOf(1);
    const route = routes.to(options, context);
    expect(routes.to(options, context)).toBe(route);
    expect(routes.to(optionsOf(1), context)).toBe(route);
    expect(routes.to(optionsOf(2), context)).not.toBe(route);
  });

  it('that were not used for longest go when there are too many, and come back anew when they are needed', () => {
    const [used, unused] = [optionsOf(-1), optionsOf(-2)];
    const [kept, gone] = [routes.to(used, context), routes.to(unused, context)];
    for (let n = 0; n < 256; n++) {
      routes.to(optionsOf(n), context);
      expect(routes.to(used, context)).toBe(kept);
    }
    const again = routes.to(unused, context);
    expect(again).not.toBe(gone);
    expect(routes.to(unused, context)).toBe(again);
  });
});
