/** 855: what BAK02 says of the order as a whole, held against what ACK01 says of its lines. The lines count; that they disagree is told. */
import type { TransactionSet } from './envelope.ts';
import type { Report } from './fault.ts';

const REFUSING: ReadonlySet<string> = new Set(['IR', 'ID', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8']);
/** AC, AE and CE announce changes, AH and AP nothing of the lines. */
const ALL_ACCEPTED: ReadonlySet<string> = new Set(['AD', 'AK', 'AT']);
const ALL_REFUSED: ReadonlySet<string> = new Set(['RD', 'RJ', 'RN']);
const UNCHANGED: ReadonlySet<string> = new Set(['IA', 'AA', 'AC', 'AR']);

export function checkAcknowledgment({ segments }: TransactionSet, report: Report): void {
  const bak = segments.find((segment) => segment.id === 'BAK');
  const type = bak?.value(2).trim() ?? '';
  const accepted = ALL_ACCEPTED.has(type);
  if (bak === undefined || (!accepted && !ALL_REFUSED.has(type))) return;
  for (const segment of segments) {
    if (segment.id !== 'ACK') continue;
    const status = segment.value(1).trim();
    if (status === '' || (accepted ? UNCHANGED.has(status) : REFUSING.has(status))) continue;
    const expected = accepted ? 'lines accepted without change' : 'lines rejected';
    report('ERR_X12_ACK_DISAGREES', segment, 1, `BAK02 ${type} and a line disagree`, expected, JSON.stringify(status));
    return;
  }
}
