import type { Candidates } from './candidates.js';
import type { Judge, Judged, Score, TokenCount, Verdict } from './judge.js';

/** A row to be judged, under a principle where one was drawn. */
export interface JudgeItem extends Pick<Candidates, 'prompt' | 'responses'> {
  readonly principle?: string | undefined;
}

/** Two responses of a row, by their places, with the verdict on them. */
export interface Match extends Verdict {
  readonly first: number;
  readonly second: number;
}

/** All responses of a row against each other. */
export interface Tournament {
  readonly matches: readonly Match[];
  /** How good each response is: its mean probability of being the better one, or the judge's own score. */
  readonly grades: readonly number[];
}

/** Compares every two responses of each row, or scores each where the judge does that. Outcomes in the order of the rows. */
export async function playTournaments(
  judge: Judge,
  items: readonly JudgeItem[],
  signal?: AbortSignal,
): Promise<Judged<Tournament>[]> {
  if (judge.byScores !== undefined) {
    const byScores = judge.byScores.bind(judge);
    const rows = await scoreRows(judge, items, signal);
    return rows.map((row): Judged<Tournament> => {
      if ('failure' in row) return row;
      const grades = row.value.map(({ score }) => score);
      const matches = pairsOf(grades.length).map(
        ([first, second]): Match => ({ first, second, ...byScores(grades[first] ?? 0, grades[second] ?? 0) }),
      );
      return { ...row, value: { matches, grades } };
    });
  }
  const asked = items.map(({ responses }) => pairsOf(responses.length));
  const verdicts = await judge.compare(
    items.flatMap(({ prompt, responses, principle }, row) =>
      (asked[row] ?? []).map(([first, second]) => ({
        prompt,
        principle,
        first: responses[first] ?? '',
        second: responses[second] ?? '',
      })),
    ),
    signal,
  );
  let from = 0;
  return items.map(({ responses }, row): Judged<Tournament> => {
    const pairs = asked[row] ?? [];
    const together = gathered(verdicts.slice(from, from + pairs.length));
    from += pairs.length;
    if ('failure' in together) return together;
    const matches = together.value.flatMap((verdict, at): Match[] => {
      const [first, second] = pairs[at] ?? [];
      return first === undefined || second === undefined ? [] : [{ first, second, ...verdict }];
    });
    return { ...together, value: { matches, grades: meanWins(matches, responses.length) } };
  });
}

/** Scores every response of each row. */
export async function scoreRows(
  judge: Judge,
  items: readonly JudgeItem[],
  signal?: AbortSignal,
): Promise<Judged<Score[]>[]> {
  const scores = await judge.score(
    items.flatMap(({ prompt, responses, principle }) => responses.map((response) => ({ prompt, response, principle }))),
    signal,
  );
  let from = 0;
  return items.map(({ responses }) => {
    from += responses.length;
    return gathered(scores.slice(from - responses.length, from));
  });
}

/** The outcomes of one row as one; the first failure is the row's. */
function gathered<T>(outcomes: readonly Judged<T>[]): Judged<T[]> {
  const values: T[] = [];
  let tokens: TokenCount | undefined;
  for (const outcome of outcomes) {
    if ('failure' in outcome) return outcome;
    values.push(outcome.value);
    if (outcome.tokens === undefined) continue;
    const { input, output } = outcome.tokens;
    tokens = { input: (tokens?.input ?? 0) + input, output: (tokens?.output ?? 0) + output };
  }
  return { value: values, ...(tokens === undefined ? {} : { tokens }) };
}

function pairsOf(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, first) =>
    Array.from({ length: count - first - 1 }, (_, rest) => [first, first + 1 + rest] as const),
  ).flat();
}

function meanWins(matches: readonly Match[], count: number): number[] {
  const wins = new Array<number>(count).fill(0);
  for (const { first, second, probability } of matches) {
    wins[first] = (wins[first] ?? 0) + probability;
    wins[second] = (wins[second] ?? 0) + 1 - probability;
  }
  return wins.map((sum) => sum / (count - 1));
}
