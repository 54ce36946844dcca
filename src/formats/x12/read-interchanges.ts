/** From raw bytes to envelope events: the framer and the envelope machine joined, one chunk at a time. */
import type { RawSource } from '../../core/contracts.ts';
import type { ByteLedger } from './byte-ledger.ts';
import type { EnvelopeEvent } from './envelope.ts';
import { EnvelopeReader } from './envelope-reader.ts';
import { Framer } from './framer.ts';
import { windowsOf } from './frames.ts';
import type { Reading } from './options.ts';

/** Throws only what the source throws. `ledger` is told of every frame. */
export async function* readInterchanges(source: RawSource, reading: Reading, ledger?: ByteLedger): AsyncGenerator<EnvelopeEvent> {
  const framer = new Framer(reading.encoding, reading.severityOf);
  const reader = new EnvelopeReader(reading.severityOf, reading.setLimitBytes);
  for await (const chunk of source.open()) {
    for (const window of windowsOf(chunk)) {
      framer.feed(window);
      yield* events(framer, reader, ledger);
    }
  }
  framer.end();
  yield* events(framer, reader, ledger);
  reader.end();
  yield* reader.drain();
}

function* events(framer: Framer, reader: EnvelopeReader, ledger: ByteLedger | undefined): Generator<EnvelopeEvent> {
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    ledger?.take(frame);
    reader.take(frame);
    yield* reader.drain();
  }
}
