/** Interchanges as they should be, damaged by a seed: bytes deleted, inserted, swapped, cut off, delimiters exchanged. */
import { SAMPLE_810, SAMPLE_855, SAMPLE_856, type SampleStyle, sample855, sampleInterchange } from '../../src/formats/x12/sample-interchange.ts';
import type { Random } from '../chaos/random.ts';

const STYLES: readonly SampleStyle[] = [
  {},
  { suffix: '\r\n' },
  { suffix: ' \n' },
  { segment: '\n', element: '|', component: '<' },
  { segment: '\r\n' },
  { segment: '\x1c', element: '\x1d', component: '\x1f' },
  { segment: '\xe2\x80\xa6' },
  { repetition: '^', version: '00501' },
];

const PIECES = ['~', '*', '>', '^', '\n', '\r\n', '\r', ' ', '\0', '\x1a', '\xef\xbb\xbf', 'ISA', 'ISA*', 'IEA*1*000000001~', 'SE*1*1~', 'ST*855*9~'];

/** One valid file of one to three interchanges. */
export function validFile(random: Random): string {
  const count = random.between(1, 3);
  return Array.from({ length: count }, () => validInterchange(random)).join(random.pick(['', '', '\r\n', '\x1a', '\xef\xbb\xbf']));
}

function validInterchange(random: Random): string {
  const style = random.pick(STYLES);
  if (random.between(0, 5) === 0) return sample855(style).replace(/.{80}/g, '$&\r\n');
  const withUmlaut = { id: '850', body: ['BEG*00*SA*1**20260101', 'N1*ST*M\xc3\xbcller^ISA', 'MSG*a^b>c*'] };
  const groups = [
    { id: 'PR', sets: [SAMPLE_855, SAMPLE_855] },
    { id: 'SH', version: '005010', sets: [SAMPLE_856] },
    { id: 'IN', sets: [SAMPLE_810] },
    { id: 'PO', sets: [withUmlaut] },
  ];
  return sampleInterchange(groups.slice(random.between(0, 3), random.between(1, 4)), style);
}

/** One to three times. */
export function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let left = random.between(1, 3); left > 0; left--) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated;
}

type Mutation = (text: string, random: Random) => string;

const remove: Mutation = (text, random) => {
  const at = random.between(0, text.length);
  return text.slice(0, at) + text.slice(at + random.pick([1, 1, 2, 10, 60, 200]));
};

const insert: Mutation = (text, random) => {
  const at = random.between(0, text.length);
  const noise = () => String.fromCharCode(...Array.from({ length: random.between(1, 12) }, () => random.between(0, 255)));
  const copied = () => text.slice(random.between(0, text.length)).slice(0, random.between(1, 200));
  return text.slice(0, at) + random.pick([() => random.pick(PIECES), noise, copied])() + text.slice(at);
};

/** Two neighbouring stretches change places. */
const swap: Mutation = (text, random) => {
  const [a = 0, b = 0, c = 0] = [0, 0, 0].map(() => random.between(0, text.length)).sort((one, other) => one - other);
  return text.slice(0, a) + text.slice(b, c) + text.slice(a, b) + text.slice(c);
};

const truncate: Mutation = (text, random) => text.slice(0, random.between(0, text.length));

/** One delimiter becomes another character: in one place, in the ISA, or everywhere. */
const exchange: Mutation = (text, random) => {
  const from = random.pick([...new Set([text.charAt(3), text.charAt(104), text.charAt(105), '*', '~', '>'])].filter((one) => one !== ''));
  const to = random.pick(['~', '*', '>', '|', ' ', 'A', '0', '\n', '\r', '\0', '\x1c', '\xff']);
  const at = text.indexOf(from, random.between(0, text.length));
  return random.pick([
    () => text.replaceAll(from, to),
    () => text.slice(0, 106).replaceAll(from, to) + text.slice(106),
    () => (at < 0 ? text : text.slice(0, at) + to + text.slice(at + 1)),
  ])();
};

const MUTATIONS: readonly Mutation[] = [remove, insert, swap, truncate, exchange];
