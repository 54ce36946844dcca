/** Files of 855s as a supplier writes them, of any size, from a seed: for benchmarks and for what must hold for huge files too. */
import { type Random, seeded } from '../chaos/random.ts';

export interface SupplierFileOptions {
  readonly seed: number;
  /** 855s altogether, of about 1.75 KB each with `lines` left at its default. */
  readonly sets: number;
  readonly setsPerInterchange?: number;
  readonly lines?: number;
  /** After each terminator. */
  readonly suffix?: string;
  /** The nth set (1-based) has a quantity that is no number. */
  readonly broken?: number;
}

const NAMES = [
  'Hex bolt M12 x 60, zinc, class 8.8',
  'Hydraulic filter element, 10 micron',
  'Nitrile gloves, size L, box of 100',
  'Lockout kit, 6 keyed',
];

/** One piece a set, the envelopes with the sets next to them. */
export function* supplierFile({ seed, sets, setsPerInterchange = 1000, lines = 12, suffix = '', broken }: SupplierFileOptions): Generator<string> {
  const random = seeded(seed);
  const written = (segments: readonly string[]) => segments.map((segment) => `${segment}~${suffix}`).join('');
  for (let done = 0; done < sets; ) {
    const count = Math.min(setsPerInterchange, sets - done);
    const interchange = Math.floor(done / setsPerInterchange) + 1;
    const control = String(interchange).padStart(9, '0');
    for (let i = 1; i <= count; i++) {
      done++;
      const head = i > 1 ? [] : [isa(control), `GS*PR*ACMESUPPLY*NORTHGATE*20261102*0930*${interchange}*X*004010`];
      const tail = i < count ? [] : [`GE*${count}*${interchange}`, `IEA*1*${control}`];
      yield written([...head, ...acknowledgment(random, i, done, lines, done === broken), ...tail]);
    }
  }
}

/** The same in chunks of `size` bytes. */
export function* chunksOf(pieces: Iterable<string>, size = 65_536): Generator<Buffer> {
  let held: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    held.push(Buffer.from(piece, 'latin1'));
    length += piece.length;
    if (length < size) continue;
    const joined = Buffer.concat(held);
    let at = 0;
    for (; length - at >= size; at += size) yield joined.subarray(at, at + size);
    held = [joined.subarray(at)];
    length -= at;
  }
  if (length > 0) yield Buffer.concat(held);
}

const isa = (control: string): string => `ISA*00*          *00*          *ZZ*ACMESUPPLY     *ZZ*NORTHGATE      *261102*0930*U*00401*${control}*0*P*>`;

/** `nth` in its interchange, `serial` in the file: every order number occurs once. */
function acknowledgment(random: Random, nth: number, serial: number, lines: number, broken: boolean): string[] {
  const control = String(nth).padStart(4, '0');
  const segments = [
    `ST*855*${control}`,
    `BAK*00*AC*${4_711_000_000 + serial}*20261030*****20261102`,
    'CUR*SE*USD',
    `REF*CO*SO-${700_000 + random.between(0, 99_998)}`,
    'PER*OC*Dana Whitfield*TE*2185550142*EM*orders@acme.example',
    'N1*ST*Northgate Fabrication, Plant 2*92*NG-02',
    'N3*2200 Harbor Road',
    'N4*Duluth*MN*55806*US',
  ];
  for (let line = 1; line <= lines; line++) {
    const quantity = random.between(1, 500);
    const price = `${random.between(1, 90)}.${random.between(10, 98)}`;
    segments.push(
      `PO1*${line}*${quantity}*EA*${price}**BP*NG-${random.between(40_000, 49_998)}*VP*AC-${random.between(0, 999_999)}`,
      `PID*F****${random.pick(NAMES)}`,
      `ACK*IA*${broken && line === 1 ? 'many' : quantity}*EA*068*202611${random.between(10, 27)}`,
    );
  }
  segments.push(`CTT*${lines}`);
  return [...segments, `SE*${segments.length + 1}*${control}`];
}
