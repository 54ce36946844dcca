/**
 * Coalesces calls into few statements: while one batch runs, the next one gathers.
 *
 * Under load a hundred claims become one UPDATE; alone a call is not delayed, because nothing waits for a timer. When a batch
 * fails, its requests are run one by one, so that one bad request is the only one that fails.
 */
export type Batcher<Request, Result> = (request: Request) => Promise<Result>;

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** `run` answers in the order of its requests. At most `lanes` batches run at a time. */
export function createBatcher<Request, Result>(
  run: (requests: readonly Request[]) => Promise<readonly Result[]>,
  { maxSize = 100, lanes = 1 }: { maxSize?: number; lanes?: number } = {},
): Batcher<Request, Result> {
  const queue: Waiting<Request, Result>[] = [];
  let running = 0;
  let scheduled = false;

  const start = () => {
    scheduled = false;
    while (running < lanes && queue.length > 0) {
      running++;
      void runBatch(queue.splice(0, maxSize));
    }
  };
  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    // After the current turn of the event loop, so that calls made together go together.
    setImmediate(start);
  };
  const settle = async (batch: readonly Waiting<Request, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map((waiting) => waiting.request));
      batch.forEach((waiting, i) => {
        waiting.resolve(results[i] as Result);
      });
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const waiting of batch) await settle([waiting]);
    }
  };
  const runBatch = async (batch: readonly Waiting<Request, Result>[]) => {
    await settle(batch);
    running--;
    if (queue.length > 0) schedule();
  };

  return (request) =>
    new Promise((resolve, reject) => {
      queue.push({ request, resolve, reject });
      if (running < lanes) schedule();
    });
}
