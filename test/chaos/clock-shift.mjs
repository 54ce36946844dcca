/**
 * Loaded before a gateway (`node --import`): some seconds after the start its wall clock jumps by CHAOS_CLOCK_SHIFT_MS.
 *
 * Only Date moves, as it would if somebody set the machine's clock; monotonic time goes on.
 */
const shiftMs = Number(process.env.CHAOS_CLOCK_SHIFT_MS ?? 0);
const JUMPS_AFTER_MS = 4_000;
const RealDate = Date;
const began = performance.now();
const now = () => RealDate.now() + (performance.now() - began > JUMPS_AFTER_MS ? shiftMs : 0);

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...words) {
    super(...(words.length === 0 ? [now()] : words));
  }

  static now() {
    return now();
  }
};
