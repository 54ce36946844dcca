/** The loops around each fault, `PO1[2]/ACK[1]`: found afterwards, and only where there is a fault. */
import type { Problem } from '../../core/problem.ts';
import type { SourceLoop } from '../../core/source-tree.ts';

export function withLoops(faults: readonly Problem[], tree: SourceLoop): Problem[] {
  const wanted = new Set(faults.flatMap(({ at }) => (at?.kind === 'segment' && at.segment !== undefined ? [at.segment] : [])));
  const paths = new Map<number, string>();
  collect(tree, '', wanted, paths);
  return faults.map((fault) => {
    const loop = fault.at?.kind === 'segment' ? paths.get(fault.at.segment ?? 0) : undefined;
    return loop === undefined || fault.at?.kind !== 'segment' ? fault : { ...fault, at: { ...fault.at, loop } };
  });
}

function collect(loop: SourceLoop, path: string, wanted: ReadonlySet<number>, paths: Map<number, string>): void {
  if (path !== '') for (const segment of loop.segments) if (wanted.has(segment.ordinal)) paths.set(segment.ordinal, path);
  const counts = new Map<string, number>();
  for (const inner of loop.loops) {
    const nth = (counts.get(inner.id) ?? 0) + 1;
    counts.set(inner.id, nth);
    collect(inner, `${path}${path === '' ? '' : '/'}${inner.id}[${nth}]`, wanted, paths);
  }
}
