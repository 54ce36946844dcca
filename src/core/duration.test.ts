import { describe, expect, it } from 'vitest';
import { durationText, parseDuration } from './duration.ts';
import { compileSchema } from './schema-check.ts';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['200ms', 200],
    ['5s', 5_000],
    ['2m', 120_000],
    ['24h', 86_400_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '5 s', '1.5s', '-5s', '5S', '5d', '5sec', '9999999999h'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('are refused by their schema in words that say how to write one', () => {
    const check = compileSchema(durationText('a poll interval', '30s'));
    expect(check('30s')).toEqual([]);
    expect(check('soon')[0]?.expected).toBe('a poll interval, such as 30s (units: ms, s, m, h)');
  });
});
