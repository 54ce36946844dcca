/** X12: a streaming reader with positions, an envelope machine with recovery, definitions by release and partner, checks by level. */
import type { Format, Parsed, ParsedDocument, ParseExtras, RawSource } from '../../core/contracts.ts';
import { acknowledging } from './acknowledge/acknowledging.ts';
import { InterchangeReader } from './acknowledge/read-interchange.ts';
import type { Interchange, Party, TransactionSet } from './envelope.ts';
import { type ExaminedSet, examineSet } from './examine-set.ts';
import { type CompiledGuide, guideFile, readGuide } from './guide.ts';
import { identifyInterchanges } from './identify.ts';
import { type Reading, readingFor, type X12Options, x12Options } from './options.ts';
import { readInterchanges } from './read-interchanges.ts';

export const x12Format: Format<typeof x12Options> = {
  kind: 'format',
  name: 'x12',
  summary: 'ANSI X12 interchanges: one document a transaction set.',
  options: x12Options,
  examples: [
    { title: 'as the standard says', options: {} },
    { title: 'a partner on Latin-1 who sends 95.88 where 9588 is meant', options: { encoding: 'latin1', leniencies: ['explicit-decimal-in-N2'] } },
    { title: 'a wrong SE01 rejects the set', options: { strict: ['segment-count'] } },
    {
      title: 'a partner with a guide of its own, whose totals do not matter and whose every segment is read twice',
      options: { guide: 'x12-guide.yaml', levels: { semantics: 'off', relations: 'strict' }, crossCheck: true },
    },
  ],
  detect: detectX12,
  identify: identifyInterchanges,
  guide: { schema: guideFile, read: readGuide },
  parse: parseX12,
  acknowledging,
};

/** An ISA after nothing but a BOM, blanks, NUL or 0x1A. */
function detectX12(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1').replace('\xef\xbb\xbf', '');
  return /^ISA[^A-Za-z0-9\s]/.test(text.replaceAll('\0', '').replaceAll('\x1a', '').trimStart());
}

/** `guide`: as `readGuide` gives it. */
async function* parseX12(source: RawSource, options: X12Options, { guide, onInterchange }: ParseExtras = {}): AsyncGenerator<Parsed> {
  const reading = readingFor(options, guide as CompiledGuide | undefined);
  const reader = onInterchange ? new InterchangeReader() : undefined;
  for await (const event of readInterchanges(source, reading)) {
    if (event.kind === 'set') {
      const examined = examineSet(event.set, reading);
      reader?.takeSet(event.set, examined);
      yield documentOf(event.set, examined, reading);
      continue;
    }
    if (event.kind === 'fault') yield { kind: 'fault', fault: event.fault };
    const ended = reader?.take(event);
    if (ended !== undefined) onInterchange?.(ended);
  }
}

function documentOf(set: TransactionSet, { tree, faults, verdict }: ExaminedSet, reading: Reading): ParsedDocument {
  const { ordinal, unitOrdinal, interchange, id, offset, segmentCount } = set;
  const envelope = envelopeOf(interchange, set, reading);
  return {
    kind: 'document',
    ordinal,
    unit: interchange.index,
    unitOrdinal,
    type: id,
    envelope,
    verdict,
    tree,
    offset,
    segments: segmentCount,
    faults,
  };
}

const envelopeOf = (interchange: Interchange, set: TransactionSet, reading: Reading): ParsedDocument['envelope'] => ({
  sender: partyOf(interchange.sender, reading),
  receiver: partyOf(interchange.receiver, reading),
  interchangeControl: interchange.control,
  groupControl: set.group?.control ?? '',
  transactionControl: set.control,
  version: set.group?.version ?? '',
  test: interchange.test,
});

/** A partner who is allowed to write 1 for 01 is who it says. */
function partyOf({ qualifier, id }: Party, { severityOf }: Reading): Party {
  return { qualifier: /^\d$/.test(qualifier) && severityOf('ERR_X12_QUALIFIER') === 'warning' ? `0${qualifier}` : qualifier, id };
}
