/** For tests: writes interchanges with every count and control number right, so that a test can make one thing wrong. */
import type { RawSource } from '../../core/contracts.ts';

export interface SampleStyle {
  readonly element?: string;
  readonly component?: string;
  readonly segment?: string;
  /** After each terminator. */
  readonly suffix?: string;
  /** ISA11. */
  readonly repetition?: string;
  /** ISA12. */
  readonly version?: string;
  /** ISA13, nine digits. */
  readonly control?: string;
  readonly usage?: 'T' | 'P';
}

export interface SampleGroup {
  /** GS01. */
  readonly id: string;
  /** GS08. */
  readonly version?: string;
  readonly sets: readonly SampleSet[];
}

export interface SampleSet {
  readonly id: string;
  /** Between ST and SE, written with `*`, `>` and `^`. */
  readonly body: readonly string[];
}

export function sampleInterchange(groups: readonly SampleGroup[], style: SampleStyle = {}): string {
  const { element = '*', component = '>', segment = '~', suffix = '', repetition = 'U', version = '00401', control = '000000001' } = style;
  const lines = groups.flatMap((group, g) => groupLines(group, g + 1));
  const isa = `ISA*00*          *00*          *ZZ*ACME           *ZZ*QUAYSIDE       *260115*1200*${repetition}*${version}*${control}*0*${style.usage ?? 'P'}*>`;
  const all = [isa, ...lines, `IEA*${groups.length}*${control}`];
  return all.map((line) => line.replaceAll('*', element).replaceAll('>', component).replaceAll('^', repetition) + segment + suffix).join('');
}

function groupLines({ id, version = '004010', sets }: SampleGroup, number: number): string[] {
  const lines = sets.flatMap((set, s) => {
    const control = String(s + 1).padStart(4, '0');
    return [`ST*${set.id}*${control}`, ...set.body, `SE*${set.body.length + 2}*${control}`];
  });
  return [`GS*${id}*ACME*QUAYSIDE*20260115*1200*${number}*X*${version}`, ...lines, `GE*${sets.length}*${number}`];
}

export const SAMPLE_855: SampleSet = {
  id: '855',
  body: ['BAK*00*AC*PO-1*20260110', 'REF*VN*SO-9', 'N1*ST*DOCK 4*92*0004', 'PO1*1*10*EA*12.5**BP*A-1', 'ACK*IA*10*EA*068*20260131', 'CTT*1'],
};

export const SAMPLE_856: SampleSet = {
  id: '856',
  body: [
    'BSN*00*SH-1*20260115*1200*0001',
    'HL*1**S',
    'TD5*B*2*SCAC',
    'N1*ST*DOCK 4',
    'HL*2*1*O',
    'PRF*PO-1',
    'HL*3*2*P',
    'MAN*GM*00006141411234567890',
    'HL*4*3*I',
    'LIN*1*BP*A-1',
    'SN1*1*10*EA',
    'CTT*4',
  ],
};

export const SAMPLE_810: SampleSet = {
  id: '810',
  body: ['BIG*20260115*INV-1*20260110*PO-1', 'IT1*1*10*EA*12.5**BP*A-1', 'TXI*ST*1.25', 'TDS*12625', 'TXI*ST*1.25', 'CTT*1'],
};

export const sample855 = (style: SampleStyle = {}): string => sampleInterchange([{ id: 'PR', sets: [SAMPLE_855] }], style);

/** `text` in latin1, or as it is in UTF-8; in chunks of `size` bytes. */
export function sourceOf(content: string | Uint8Array, size = Number.POSITIVE_INFINITY): RawSource {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return {
    async *open() {
      if (size >= bytes.length) yield bytes;
      else for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  };
}
