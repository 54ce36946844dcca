/** Local times of a partner as RFC 3339 with an offset. A zone is an offset (`-05:00`, `Z`) or an IANA name; none is ever assumed. */

const OFFSET = /^(Z|[+-](0\d|1[0-4]):[0-5]\d)$/;

export function isZone(zone: string): boolean {
  if (OFFSET.test(zone)) return true;
  try {
    return /^[A-Z][A-Za-z_+/-]+$/.test(zone) && formatterOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** `2026-03-08T09:30:00` in `America/Chicago` → `2026-03-08T09:30:00-05:00`; undefined for an hour that clocks skip there. */
export function instantOf(local: string, fraction: string | undefined, zone: string): string | undefined {
  const text = fraction === undefined ? local : `${local}.${fraction}`;
  if (OFFSET.test(zone)) return `${text}${zone}`;
  const wall = Date.parse(`${local}Z`);
  // The offset at an instant near by, then once more at the instant that it gives: exact except in the hour of a change.
  for (const near of [wall, wall - 12 * 3_600_000]) {
    const offsetMs = offsetAt(wall - offsetAt(near, zone), zone);
    if (offsetAt(wall - offsetMs, zone) === offsetMs) return `${text}${formatOffset(offsetMs)}`;
  }
  return undefined;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(zone, made);
  return made;
}

function offsetAt(instantMs: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const part of formatterOf(zone).formatToParts(instantMs)) parts[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instantMs / 1000) * 1000;
}

function formatOffset(offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
