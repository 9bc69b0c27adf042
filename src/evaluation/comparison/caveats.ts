import { formatNumber, formatShare } from '../../text/format.js';
import type { ContestReport, JudgeReport, SystemReport } from './comparison.js';

/** Share of cut answers from which on they matter. */
const MANY_CUT = 0.1;

/** Share of pairs on which both orders agree, below which a judge follows the order more than the answers. */
const LITTLE_AGREEMENT = 0.6;

/** What should be known beside a verdict, each a sentence. */
export function caveatsOf(
  systems: readonly SystemReport[],
  contests: readonly ContestReport[],
  judge: JudgeReport | undefined,
  maxTokens: number,
): string[] {
  const cutShares = systems.flatMap(({ name, diversity }) => {
    const share = diversity?.shape.cut.value ?? 0;
    return share > MANY_CUT ? [`${formatShare(share)} of those of ${name}`] : [];
  });
  const cut =
    cutShares.length === 0
      ? []
      : [`Answers were cut at ${maxTokens} tokens, which weighs on what is said of them: ${cutShares.join(', ')}.`];
  const turned = contests.flatMap(({ a, b, winRate, lengthControlled }) => {
    const { discreteWinRate, winRate: mean } = winRate;
    const found: string[] = [];
    if (lengthControlled !== undefined && opposite(mean.value, lengthControlled.winRate.value))
      found.push(
        `With answers of equal length ${a} would be preferred to ${b} on ${formatShare(lengthControlled.winRate.value)} of prompts, not ${formatShare(mean.value)}: the lead goes with length.`,
      );
    if (opposite(discreteWinRate.value, mean.value))
      found.push(
        `Counting wins, ${a} has ${formatShare(discreteWinRate.value)} against ${b}; weighing them by the judge's sureness, ${formatShare(mean.value)}.`,
      );
    return found;
  });
  const position = judge?.position;
  const order =
    position !== undefined && position.consistent.value < LITTLE_AGREEMENT
      ? [
          `The judge prefers the same answer in both orders on only ${formatShare(position.consistent.value)} of pairs; what stands first gets ${formatNumber(position.first.value, 2)} on average.`,
        ]
      : [];
  const runs = systems.filter(({ kind }) => kind === 'run').length;
  const seeds =
    runs > 0 && systems.length > 1
      ? ['Each run is one training with one seed: how far another seed would have come out otherwise is not measured.']
      : [];
  return [...cut, ...turned, ...order, ...seeds];
}

function opposite(a: number, b: number): boolean {
  return (a - 0.5) * (b - 0.5) < 0;
}
