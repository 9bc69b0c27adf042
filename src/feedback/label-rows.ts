import type { Side } from '../data/records.js';
import type { FeedbackConfig } from './config.js';
import type { Judge, Judged, TokenCount } from './judge.js';
import { type JudgeItem, playTournaments, scoreRows, type Tournament } from './tournament.js';

/** What judging made of one row. */
export type LabelledRow =
  | {
      /** `undecided`: the judge is not sure enough, or a revision changed nothing. */
      readonly outcome: 'used' | 'undecided';
      /** The lines it adds to the data. */
      readonly records: readonly Readonly<Record<string, unknown>>[];
      /** What the log keeps of it. */
      readonly detail: Readonly<Record<string, unknown>>;
      readonly tokens?: TokenCount | undefined;
    }
  | { readonly outcome: 'failed'; readonly failure: string };

/** Rows to judge, with the names of their principles. */
export interface LabelItem extends JudgeItem {
  readonly principleName?: string | undefined;
}

/** Labels rows as `task` says; results in the order of the rows. */
export async function labelRows(
  { task, confidence }: Pick<FeedbackConfig, 'confidence'> & { readonly task: 'pairs' | 'rankings' | 'scores' },
  judge: Judge,
  items: readonly LabelItem[],
  signal?: AbortSignal,
): Promise<LabelledRow[]> {
  if (task === 'scores') {
    const scored = await scoreRows(judge, items, signal);
    return items.map((item, at) =>
      labelled(scored[at], (scores) => ({
        outcome: 'used',
        records: scores.map((score, place) => ({
          prompt: item.prompt,
          response: item.responses[place],
          ...score,
          ...principleOf(item),
        })),
        detail: { scores: scores.map(({ score }) => score), ...principleOf(item) },
      })),
    );
  }
  const played = await playTournaments(judge, items, signal);
  return items.map((item, at) =>
    labelled(played[at], (tournament) => {
      const record = task === 'pairs' ? pairOf(item, tournament, confidence) : rankingOf(item, tournament);
      return {
        outcome: record === undefined ? 'undecided' : 'used',
        records: record === undefined ? [] : [{ ...record, ...principleOf(item) }],
        detail: { ...tournament, ...principleOf(item) },
      };
    }),
  );
}

function labelled<T>(
  outcome: Judged<T> | undefined,
  label: (value: T) => Omit<Exclude<LabelledRow, { readonly outcome: 'failed' }>, 'tokens'>,
): LabelledRow {
  if (outcome === undefined) return { outcome: 'failed', failure: 'the judge gave no answer' };
  if ('failure' in outcome) return { outcome: 'failed', failure: outcome.failure };
  return { ...label(outcome.value), tokens: outcome.tokens };
}

/** The best against the worst response; undefined when the judge does not find it better with enough probability. */
function pairOf(
  { prompt, responses }: LabelItem,
  { grades, matches }: Tournament,
  confidence: number,
): { prompt: Side; chosen: Side | undefined; rejected: Side | undefined; probability: number } | undefined {
  const best = grades.indexOf(Math.max(...grades));
  const worst = grades.lastIndexOf(Math.min(...grades));
  const match = matches.find(
    ({ first, second }) => first === Math.min(best, worst) && second === Math.max(best, worst),
  );
  if (match === undefined) return undefined;
  const probability = match.first === best ? match.probability : 1 - match.probability;
  if (probability <= 0.5 || probability < confidence) return undefined;
  return { prompt, chosen: responses[best], rejected: responses[worst], probability };
}

/** All responses with their grades; undefined when all are alike. */
function rankingOf(
  { prompt, responses }: LabelItem,
  { grades }: Tournament,
): { prompt: Side; responses: readonly Side[]; scores: readonly number[] } | undefined {
  return new Set(grades).size === 1 ? undefined : { prompt, responses, scores: grades };
}

function principleOf({ principleName }: LabelItem): { principle?: string } {
  return principleName === undefined ? {} : { principle: principleName };
}
