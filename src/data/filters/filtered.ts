import { formatCount, formatShare } from '../../text/format.js';
import type { Portrait } from './portrait.js';

/** The rows of a file before and after its filters. */
export interface Filtered {
  readonly before: Portrait;
  readonly after: Portrait;
}

/** A figure before and after, for people. */
export interface ComparedFigure {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const figures: readonly (readonly [string, (portrait: Portrait) => number | undefined, (value: number) => string])[] = [
  ['readable rows', ({ rows }) => rows, formatCount],
  ['median characters of a prompt', ({ promptCharacters }) => promptCharacters, formatCount],
  ['median characters of a response', ({ responseCharacters }) => responseCharacters, formatCount],
  ['rows with several responses', ({ compared: rows }) => (rows === 0 ? undefined : rows), formatCount],
  ['longer response is the better one', ({ longerChosen }) => longerChosen, formatShare],
];

/** The figures that one of the portraits has; a dash where the other has none. */
export function compared({ before, after }: Filtered): readonly ComparedFigure[] {
  return figures.flatMap(([name, figureOf, format]) => {
    const [first, second] = [figureOf(before), figureOf(after)];
    if (first === undefined && second === undefined) return [];
    const shown = (value: number | undefined): string => (value === undefined ? '–' : format(value));
    return [{ name, before: shown(first), after: shown(second) }];
  });
}
