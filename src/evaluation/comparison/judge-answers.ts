import type { Side } from '../../data/records.js';
import type { Choice, Contest } from './contests.js';
import type { FoundAnswers, JudgedAnswers } from './findings.js';
import type { AskedPrompt } from './prompts.js';
import { type AskOptions, askJudge, type Question, questionOf } from './questions.js';

export interface JudgeInputs extends AskOptions {
  readonly prompts: readonly AskedPrompt[];
  readonly systems: readonly { readonly name: string; readonly answers: FoundAnswers }[];
  readonly samples: number;
  readonly against: 'all' | 'base';
  /** Of a judge that scores answers one by one: the probability that the first of two scores is the better. */
  readonly byScores: ((first: number, second: number) => number) | undefined;
}

/**
 * Lets a judge choose between the answers of every two systems, or score each answer where it can. A question is asked
 * once and its answer kept. Where a judge has no opinion of its own, answers that are the same text tie, and an empty
 * one loses to any other. Yields how many questions are done of all.
 *
 * @throws OrpoError as `askJudge` does
 */
export async function* judgeAnswers(
  inputs: JudgeInputs,
): AsyncGenerator<{ readonly done: number; readonly total: number }, JudgedAnswers> {
  const { prompts, systems, samples } = inputs;
  const duels = duelsOf(systems.length, inputs.against);
  const pairsAt = (at: number, [a, b]: Duel) =>
    Array.from({ length: samples }, (_, sample) => {
      const text = (system: number): string | undefined => systems[system]?.answers[at]?.[sample]?.text;
      return [text(a), text(b)] as const;
    });
  const ruling = inputs.byScores === undefined ? new ByPairs(inputs) : new ByScores(inputs, inputs.byScores);
  const questions = new Map<string, Question>();
  prompts.forEach(({ prompt }, at) => {
    // one system alone is scored, not compared
    const pairs = duels.length === 0 ? pairsAt(at, [0, 0]) : duels.flatMap((duel) => pairsAt(at, duel));
    for (const pair of pairs)
      for (const question of ruling.questions(prompt, pair)) questions.set(question.key, question);
  });
  const asking = askJudge([...questions.values()], inputs);
  let step = await asking.next();
  while (step.done !== true) {
    yield { done: step.value, total: questions.size };
    step = await asking.next();
  }
  const failures = step.value;
  const contests = duels.map((duel): Contest => {
    const answers = prompts.map((_, at) => pairsAt(at, duel));
    const choices = prompts.map(({ prompt }, at) =>
      (answers[at] ?? []).map((pair) => ruling.choose(prompt, pair, failures)),
    );
    return { a: systems[duel[0]]?.name ?? '', b: systems[duel[1]]?.name ?? '', choices, answers };
  });
  const { judged, failed, orders } = ruling;
  if (!(ruling instanceof ByScores)) return { contests, judged, failed, orders };
  const rewards = systems.map(({ answers }) =>
    prompts.map(({ prompt }, at) =>
      Array.from({ length: samples }, (_, sample) => ruling.reward(prompt, answers[at]?.[sample]?.text)),
    ),
  );
  return { contests, rewards, judged, failed, orders };
}

type Duel = readonly [a: number, b: number];
type TextPair = readonly [string | undefined, string | undefined];

/** Later systems against earlier ones, so that a share says how often the base is beaten. */
function duelsOf(systems: number, against: 'all' | 'base'): Duel[] {
  const bases = against === 'base' ? Math.min(1, systems) : systems;
  return Array.from({ length: bases }, (_, b) =>
    Array.from({ length: systems - b - 1 }, (_more, rest): Duel => [b + 1 + rest, b]),
  ).flat();
}

/** What needs no judge: the same text ties, an empty one loses. */
function settled(first: string, second: string): number | undefined {
  if (first.trim() === second.trim()) return 0.5;
  if (first.trim() === '') return 0;
  return second.trim() === '' ? 1 : undefined;
}

/** How choices come about, and what was counted on the way. */
abstract class Ruling {
  protected readonly cache: AskOptions['cache'];
  readonly orders: (readonly [number, number])[] = [];
  judged = 0;
  failed = 0;

  constructor({ cache }: AskOptions) {
    this.cache = cache;
  }

  abstract questions(prompt: Side, pair: TextPair): Question[];
  protected abstract known(prompt: Side, first: string, second: string): { score: number } | { missing: string };

  choose(prompt: Side, [first, second]: TextPair, failures: ReadonlyMap<string, string>): Choice {
    if (first === undefined || second === undefined) return {};
    const found = this.known(prompt, first, second);
    if ('score' in found) return found;
    const score = settled(first, second);
    if (score !== undefined) return { score };
    this.failed++;
    const failure = failures.get(found.missing);
    return failure === undefined ? {} : { failure };
  }
}

/** A judge that scores: every pair follows from two scores. */
class ByScores extends Ruling {
  readonly #better: (first: number, second: number) => number;

  constructor(options: AskOptions, better: (first: number, second: number) => number) {
    super(options);
    this.#better = better;
  }

  questions(prompt: Side, pair: TextPair): Question[] {
    return pair.flatMap((text) => (text === undefined ? [] : [questionOf(prompt, [text])]));
  }

  reward(prompt: Side, text: string | undefined): number | undefined {
    const kept = text === undefined ? undefined : this.cache.get(questionOf(prompt, [text]).key);
    return kept !== undefined && 'reward' in kept ? kept.reward : undefined;
  }

  protected known(prompt: Side, first: string, second: string): { score: number } | { missing: string } {
    const [a, b] = [this.reward(prompt, first), this.reward(prompt, second)];
    if (a === undefined || b === undefined)
      return { missing: questionOf(prompt, [a === undefined ? first : second]).key };
    this.judged++;
    return { score: this.#better(a, b) };
  }
}

/** A judge that compares; people are asked of every pair, a model only where the answer is not plain. */
class ByPairs extends Ruling {
  readonly #always: boolean;

  constructor(options: AskOptions) {
    super(options);
    this.#always = options.gaps;
  }

  questions(prompt: Side, [first, second]: TextPair): Question[] {
    if (first === undefined || second === undefined) return [];
    if (!this.#always && settled(first, second) !== undefined) return [];
    return [inOneOrder(prompt, first, second).question];
  }

  protected known(prompt: Side, first: string, second: string): { score: number } | { missing: string } {
    const { question, turned } = inOneOrder(prompt, first, second);
    const kept = this.cache.get(question.key);
    if (kept === undefined || !('probability' in kept)) return { missing: question.key };
    this.judged++;
    if (kept.orders !== undefined) this.orders.push(kept.orders);
    return { score: turned ? 1 - kept.probability : kept.probability };
  }
}

/** Two answers in the order of their texts, so that either order is one question. */
function inOneOrder(prompt: Side, first: string, second: string): { question: Question; turned: boolean } {
  const turned = first > second;
  return { question: questionOf(prompt, turned ? [second, first] : [first, second]), turned };
}
