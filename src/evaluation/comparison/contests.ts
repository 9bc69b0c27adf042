import { OrpoError } from '../../errors.js';
import { pairedT } from '../../statistics/paired-t.js';
import { bradleyTerry, type Strengths } from '../win-rate/bradley-terry.js';
import { characters, type LengthControlled, lengthControlled } from '../win-rate/length-controlled.js';
import { winRate } from '../win-rate/win-rate.js';
import type { ContestReport } from './comparison.js';

/** A judge's choice between two answers to a prompt; without a score where it failed or an answer is missing. */
export interface Choice {
  readonly score?: number;
  readonly failure?: string;
}

/** All choices between two systems. */
export interface Contest {
  readonly a: string;
  readonly b: string;
  /** Of each prompt, one for each sample. */
  readonly choices: readonly (readonly Choice[])[];
  /** Answers of each prompt and sample, undefined where there is none. */
  readonly answers: readonly (readonly (readonly [string | undefined, string | undefined])[])[];
}

/** The score of a prompt: the mean over those of its samples that were judged. */
export function promptScore(choices: readonly Choice[]): number | undefined {
  const scores = choices.flatMap(({ score }) => (score === undefined ? [] : [score]));
  return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** A contest's figures; undefined where nothing of it was judged. What is missing is told to `missing`. */
export function contestReport(
  contest: Contest,
  { seed, difficulties }: { readonly seed: number; readonly difficulties?: readonly number[] | undefined },
  missing: (what: string) => void,
): ContestReport | undefined {
  const { a, b, choices, answers } = contest;
  const scores = choices.map(promptScore);
  if (scores.every((score) => score === undefined)) {
    const failure = choices.flat().find((choice) => choice.failure !== undefined)?.failure;
    missing(`Nothing of ${a} and ${b} was judged${failure === undefined ? '' : `: ${failure}`}.`);
    return undefined;
  }
  const rate = winRate(scores, { seed });
  if (rate.missing > 0)
    missing(`${rate.missing} of ${scores.length} prompts have no judgement of ${a} and ${b}, and take no part.`);
  const known = scores.flatMap((score) => (score === undefined ? [] : [score - 0.5]));
  const lengths = (side: 0 | 1, at: number): number => meanLength((answers[at] ?? []).map((pair) => pair[side]));
  const pairs = scores.flatMap((score, at) => {
    const [modelLength, baselineLength] = [lengths(0, at), lengths(1, at)];
    if (Number.isNaN(modelLength) || Number.isNaN(baselineLength)) return [];
    return [{ score, modelLength, baselineLength, difficulty: difficulties?.[at] }];
  });
  const controlled = orMissing(
    () => told(lengthControlled(pairs, { seed })),
    (why) => missing(`There is no length-controlled win rate of ${a} over ${b}: ${why}`),
  );
  return {
    a,
    b,
    winRate: rate,
    paired: pairedT(known),
    ...(controlled === undefined ? {} : { lengthControlled: controlled }),
  };
}

/** @throws OrpoError `data` when the penalty has left nothing of length and skill, so that the rate is ½ whatever was judged */
function told(controlled: LengthControlled): LengthControlled {
  const { length, skill } = controlled.coefficients;
  if (length !== 0 || skill !== 0) return controlled;
  throw new OrpoError(
    'data',
    `${controlled.n} judgements are too few for its regression, which cross-validation shrinks to nothing.`,
    'Use the plain win rate, or judge more prompts.',
  );
}

/** Strengths of more than two systems; undefined where there are none, which is told to `missing`. */
export function strengthsOf(contests: readonly Contest[], missing: (what: string) => void): Strengths | undefined {
  const systems = new Set(contests.flatMap(({ a, b }) => [a, b]));
  if (systems.size < 3) return undefined;
  const compared = contests.flatMap(({ a, b, choices }) =>
    choices.flatMap((own, at) => {
      const score = promptScore(own);
      return score === undefined ? [] : [{ prompt: String(at), a, b, score }];
    }),
  );
  return orMissing(
    () => bradleyTerry(compared),
    (why) => missing(`There are no strengths of all systems: ${why}`),
  );
}

/** What a measure gives; where its data cannot carry it, the reason goes to `otherwise`. */
export function orMissing<T>(measure: () => T, otherwise: (why: string) => void): T | undefined {
  try {
    return measure();
  } catch (error) {
    if (!(error instanceof OrpoError) || error.code !== 'data') throw error;
    otherwise(error.message);
    return undefined;
  }
}

/** NaN where no answer is known. */
function meanLength(texts: readonly (string | undefined)[]): number {
  const known = texts.flatMap((text) => (text === undefined ? [] : [characters(text)]));
  return known.reduce((sum, length) => sum + length, 0) / known.length;
}
