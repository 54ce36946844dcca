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
      for (let events = next(framer, reader, ledger); events !== undefined; events = next(framer, reader, ledger)) {
        for (const event of events) yield event;
      }
    }
  }
  framer.end();
  for (let events = next(framer, reader, ledger); events !== undefined; events = next(framer, reader, ledger)) {
    for (const event of events) yield event;
  }
  reader.end();
  for (const event of reader.drain()) yield event;
}

/** What the next frames come to, as soon as they come to anything; `undefined` when more bytes are needed. */
function next(framer: Framer, reader: EnvelopeReader, ledger: ByteLedger | undefined): readonly EnvelopeEvent[] | undefined {
  for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
    ledger?.take(frame);
    reader.take(frame);
    const events = reader.drain();
    if (events.length > 0) return events;
  }
  return undefined;
}
