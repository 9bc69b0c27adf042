import type { Answer, Comparison, Judged, Score, Verdict } from './judge.js';

/** Compares pairs by the scores of their responses, for judges that score. */
export async function compareByScores(
  items: readonly Comparison[],
  score: (answers: readonly Answer[]) => Promise<Judged<Score>[]>,
  verdict: (first: number, second: number) => Verdict,
): Promise<Judged<Verdict>[]> {
  const scores = await score(
    items.flatMap(({ prompt, first, second }) => [
      { prompt, response: first },
      { prompt, response: second },
    ]),
  );
  return items.map((_, at): Judged<Verdict> => {
    const [first, second] = scores.slice(2 * at, 2 * at + 2);
    if (first === undefined || second === undefined) return { failure: 'the judge gave no score' };
    if ('failure' in first) return first;
    if ('failure' in second) return second;
    return { value: verdict(first.value.score, second.value.score) };
  });
}
