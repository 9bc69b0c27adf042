import { meanOf } from './page.mjs';

/**
 * How often a system is preferred to each other one of the same reports, one a seed: `{ against, rate, low, high, n,
 * controlled }`. A prompt counts once, with the mean of its judgements over seeds; the interval is over prompts.
 * `controlled` is the win rate with lengths taken out, the mean over seeds; undefined where one has none.
 */
export function winRates(reports, ours) {
  const [{ contests }] = reports;
  return contests.flatMap(({ a, b }) => {
    if (a !== ours && b !== ours) return [];
    const turn = (rate) => (a === ours ? rate : 1 - rate);
    const scores = new Map();
    for (const { rows } of reports)
      for (const { row, choices } of rows)
        for (const choice of choices)
          if (choice.a === a && choice.b === b && Number.isFinite(choice.score))
            scores.set(row, [...(scores.get(row) ?? []), turn(choice.score)]);
    const { mean, half = Number.NaN, n } = meanOf([...scores.values()].map((own) => meanOf(own).mean));
    const controlled = reports.map((report) => {
      const contest = report.contests.find((one) => one.a === a && one.b === b);
      return turn(contest?.lengthControlled?.winRate?.value ?? Number.NaN);
    });
    const { mean: withoutLength } = meanOf(controlled);
    return [
      {
        against: a === ours ? b : a,
        rate: mean,
        low: Math.max(0, mean - half),
        high: Math.min(1, mean + half),
        n,
        ...(Number.isFinite(withoutLength) && { controlled: withoutLength }),
      },
    ];
  });
}

/** Cells of a table that say a win rate: with its interval, with lengths taken out, and of how many prompts. */
export const WIN_RATE_HEAD = ['win rate', '95 % interval', 'lengths taken out', 'prompts'];

export function winRateCells({ rate, low, high, controlled, n }) {
  return [
    percent(rate),
    Number.isFinite(low) ? `${percent(low)} to ${percent(high)}` : '',
    controlled === undefined ? '' : percent(controlled),
    String(n),
  ];
}

export const percent = (share) => `${(100 * share).toFixed(0)} %`;
