/** One invented document of each kind: what the test of a new partner's mapping reads until a real sample takes its place. */

export interface NewIdentity {
  readonly qualifier: string;
  readonly id: string;
}

/** GS01 and what stands between ST and SE. */
const SETS: Readonly<Record<string, { readonly group: string; readonly body: readonly string[] }>> = {
  '855': { group: 'PR', body: ['BAK*00*AD*PO-1*20260110****SO-1*20260112', 'PO1*1*10*EA*12.50**BP*SKU-1', 'ACK*IA*10*EA*068*20260119', 'CTT*1'] },
  '856': {
    group: 'SH',
    body: [
      'BSN*00*SHIP-1*20260115*1200*0001',
      'HL*1**S',
      'TD1*CTN*1',
      'DTM*011*20260115',
      'HL*2*1*O',
      'PRF*PO-1',
      'HL*3*2*P',
      'MAN*GM*00006141411234567890',
      'HL*4*3*I',
      'LIN*1*BP*SKU-1',
      'SN1*1*10*EA',
      'CTT*4',
    ],
  },
  '810': { group: 'IN', body: ['BIG*20260116*INV-1*20260110*PO-1', 'IT1*1*10*EA*12.50**BP*SKU-1', 'TDS*12500', 'CTT*1'] },
};

export const SAMPLE_SETS = Object.keys(SETS);

/** An interchange of test traffic (ISA15 = T) from that sender with one set, a segment a line. */
export function sampleOf(set: string, { qualifier, id }: NewIdentity): string {
  const { group = '', body = [] } = SETS[set] ?? {};
  const blanks = ' '.repeat(10);
  const isa = ['ISA', '00', blanks, '00', blanks, qualifier, id.padEnd(15), 'ZZ', 'BUYER'.padEnd(15), '260116', '1200', 'U', '00401'];
  return [
    [...isa, '000000001', '0', 'T', '>'].join('*'),
    `GS*${group}*${id}*BUYER*20260116*1200*1*X*004010`,
    `ST*${set}*0001`,
    ...body,
    `SE*${body.length + 2}*0001`,
    'GE*1*1',
    'IEA*1*000000001',
  ]
    .map((segment) => `${segment}~\n`)
    .join('');
}
