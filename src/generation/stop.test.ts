import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopStrings, stopReason } from './stop.js';

const run = (stops: StopStrings, pieces: readonly string[]) => pieces.map((piece) => stops.push(piece));

describe('stopReason', () => {
  const rules = { endIds: new Set([7, 9]), maxTokens: 3 };
  it('ends at any end token, else at the limit', () => {
    expect(stopReason(9, 1, rules)).toBe('end');
    expect(stopReason(7, 3, rules)).toBe('end');
    expect(stopReason(8, 3, rules)).toBe('length');
    expect(stopReason(8, 2, rules)).toBeUndefined();
  });
});

describe('StopStrings', () => {
  it('holds back what may become one', () => {
    const stops = new StopStrings(['\n\nHuman:']);
    expect(run(stops, ['Yes.\n', '\nHu', 'h\n\n', 'Human', ': more'])).toEqual(['Yes.', '', '\n\nHuh', '', '']);
    expect(stops.found).toBe(true);
    expect(stops.push('x') + stops.finish()).toBe('');
  });

  it('gives back what it held when none comes', () => {
    const stops = new StopStrings(['###']);
    expect(run(stops, ['a#', '#'])).toEqual(['a', '']);
    expect(stops.finish()).toBe('##');
    expect(stops.found).toBe(false);
  });

  it('cuts the text where the first begins, however it comes in pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(letters),
        fc.array(
          letters.filter((text) => text !== ''),
          { maxLength: 2 },
        ),
        (pieces, strings) => {
          const stops = new StopStrings(strings);
          const given = run(stops, pieces).join('') + stops.finish();
          const text = pieces.join('');
          const ends = strings.map((string) => text.indexOf(string)).filter((at) => at !== -1);
          expect(stops.found).toBe(ends.length > 0);
          if (ends.length === 0) expect(given).toBe(text);
          // a longer string may begin earlier yet end later than the one that was met first
          else expect(text.startsWith(given) && strings.every((string) => !given.includes(string))).toBe(true);
        },
      ),
    );
  });
});
