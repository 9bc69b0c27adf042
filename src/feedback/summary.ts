import {
  type Agreement,
  agreement,
  type Choice,
  choiceOf,
  majority,
  type PositionBias,
  positionBias,
} from './agreement.js';
import type { FeedbackConfig } from './config.js';
import type { FeedbackFolder } from './feedback-folder.js';
import { type Judgement, readJudgements } from './judgement-log.js';

/** What became of all rows, and how far the judge can be trusted. `rows = used + sum of dropped`. */
export interface FeedbackSummary {
  readonly rows: number;
  readonly used: number;
  /** By reason; `undecided` and `failed` are the judge's. */
  readonly dropped: Readonly<Record<string, number>>;
  /** The first failures, at most 5. */
  readonly failures: readonly { readonly row: number; readonly failure: string }[];
  /** Lines of the data. */
  readonly records: number;
  /** Tokens of all answers of an endpoint, those from the cache included. */
  readonly tokens?: { readonly input: number; readonly output: number };
  /** What those tokens cost at the prices given. */
  readonly cost?: number;
  /** How much the judge looks at positions, over all comparisons in two orders. */
  readonly position?: PositionBias;
  /** The judge against people, where the rows say what they prefer. */
  readonly agreement?: Agreement;
  /** People among themselves: every two annotators of a row, a bound on what a judge can reach. */
  readonly people?: { readonly pairs: number; readonly accuracy: number };
}

const FAILURES_NAMED = 5;

/** Sums up the log of a finished folder. */
export function summarise(folder: FeedbackFolder, config: Pick<FeedbackConfig, 'judge' | 'seed'>): FeedbackSummary {
  const dropped: Record<string, number> = {};
  const failures: { row: number; failure: string }[] = [];
  const orders: (readonly [number, number])[] = [];
  const people: Choice[] = [];
  const judge: Choice[] = [];
  const annotators = { pairs: 0, same: 0 };
  const tokens = { input: 0, output: 0 };
  let [rows, used, records] = [0, 0, 0];
  for (const judgement of readJudgements(folder)) {
    rows++;
    records += judgement.records;
    tokens.input += judgement.tokens?.input ?? 0;
    tokens.output += judgement.tokens?.output ?? 0;
    if (judgement.outcome === 'used') used++;
    else dropped[judgement.outcome] = (dropped[judgement.outcome] ?? 0) + 1;
    const { row, failure } = judgement;
    if (failure !== undefined && failures.length < FAILURES_NAMED) failures.push({ row, failure });
    orders.push(...ordersOf(judgement));
    const human = judgement.human ?? [];
    const [match, ...others] = judgement.matches ?? [];
    const choice = human.length === 0 ? undefined : majority(human);
    if (choice !== undefined && match !== undefined && others.length === 0) {
      people.push(choice);
      judge.push(choiceOf(match.probability));
    }
    for (const [at, one] of human.entries())
      for (const other of human.slice(at + 1)) {
        annotators.pairs++;
        if (one === other) annotators.same++;
      }
  }
  return {
    rows,
    used,
    dropped,
    failures,
    records,
    ...spent(tokens, config),
    ...(orders.length === 0 ? {} : { position: positionBias(orders) }),
    ...(people.length === 0 ? {} : { agreement: agreement(people, judge, config.seed) }),
    ...(annotators.pairs === 0
      ? {}
      : { people: { pairs: annotators.pairs, accuracy: annotators.same / annotators.pairs } }),
  };
}

function ordersOf({ matches = [] }: Judgement): (readonly [number, number])[] {
  return matches.flatMap(({ orders }) => (orders === undefined ? [] : [orders]));
}

function spent(
  tokens: { readonly input: number; readonly output: number },
  { judge }: Pick<FeedbackConfig, 'judge'>,
): Pick<FeedbackSummary, 'tokens' | 'cost'> {
  if (judge.kind !== 'endpoint') return {};
  if (judge.prices === undefined) return { tokens };
  return { tokens, cost: (tokens.input * judge.prices.input + tokens.output * judge.prices.output) / 1e6 };
}
