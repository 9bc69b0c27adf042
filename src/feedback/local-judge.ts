import type { TextModel } from '../generation/generate.js';
import { notFinite } from '../generation/sampler.js';
import { expectedGrade, type GradeTokens, gradeTokens, rewardOfGrade } from './grade.js';
import {
  type Answer,
  bothOrders,
  type Comparison,
  type Judge,
  type Judged,
  mirrored,
  type Score,
  type Verdict,
} from './judge.js';
import { comparisonPrompt, gradePrompt } from './judge-prompts.js';
import { labelTokens, questionText } from './label-tokens.js';
import { nextLogProbs, sharedStart } from './next-token.js';

export interface LocalJudgeOptions {
  /** What errors call the model. */
  readonly name: string;
  readonly instructions: string;
}

/**
 * A language model on this machine as a judge (arXiv 2309.00267): the probability of "1" against "2" as the next token,
 * both orders averaged; a grade is the expected value over 1 to 10. Each item is computed by itself, so that nothing
 * beside it changes its digits. The model stays the caller's.
 *
 * @throws OrpoError `tokenizer` when the labels are no single tokens
 */
export class LocalJudge implements Judge {
  readonly batch = 1;
  readonly concurrency = 1;
  readonly #loaded: TextModel;
  readonly #instructions: string;
  readonly #choices: readonly number[];
  readonly #name: string;

  constructor(loaded: TextModel, { name, instructions }: LocalJudgeOptions) {
    this.#loaded = loaded;
    this.#name = name;
    this.#instructions = instructions;
    this.#choices = labelTokens(['1', '2'], loaded, name);
  }

  async compare(items: readonly Comparison[]): Promise<Judged<Verdict>[]> {
    return items.map((item) => this.#compare(item));
  }

  async score(items: readonly Answer[]): Promise<Judged<Score>[]> {
    const grades = gradeTokens(this.#loaded, this.#name);
    return items.map((item) => this.#grade(item, grades));
  }

  async dispose(): Promise<void> {}

  #compare(item: Comparison): Judged<Verdict> {
    const { first, second } = item;
    const [a, b] = [JSON.stringify(first), JSON.stringify(second)];
    if (a === b) return { value: { probability: 0.5, orders: [0.5, 0.5] } };
    // the same computation whichever of the two is called first
    const turned = a > b;
    const ordered = turned ? { ...item, first: second, second: first } : item;
    const shown = this.#encode(comparisonPrompt(ordered, this.#instructions));
    const swapped = this.#encode(
      comparisonPrompt({ ...ordered, first: ordered.second, second: ordered.first }, this.#instructions),
    );
    const tooLong = this.#tooLong(Math.max(shown.length, swapped.length));
    if (tooLong !== undefined) return { failure: tooLong };
    const [, ofShown, ofSwapped] = nextLogProbs(this.#loaded.model, sharedStart(shown, swapped), this.#choices);
    const shownFirst = probabilityOfOne(ofShown);
    const shownSecond = 1 - probabilityOfOne(ofSwapped);
    const verdict = bothOrders(shownFirst, shownSecond);
    return { value: turned ? mirrored(verdict) : verdict };
  }

  #grade({ prompt, response, principle }: Answer, grades: GradeTokens): Judged<Score> {
    const ids = this.#encode(gradePrompt(prompt, response, principle ?? this.#instructions));
    const tooLong = this.#tooLong(ids.length + 1);
    if (tooLong !== undefined) return { failure: tooLong };
    const score = expectedGrade(grades, (start, tokens) => nextLogProbs(this.#loaded.model, start, tokens), ids);
    return { value: { score, reward: rewardOfGrade(score) } };
  }

  #encode(question: string): number[] {
    const { tokenizer, template, bos } = this.#loaded;
    const ids = tokenizer.encode(questionText(question, this.#loaded));
    if (template === undefined && bos && tokenizer.bos !== undefined && ids[0] !== tokenizer.bos) {
      ids.unshift(tokenizer.bos);
    }
    return ids;
  }

  #tooLong(length: number): string | undefined {
    const { positions } = this.#loaded.model.sizes;
    if (length <= positions) return undefined;
    return `the question to the judge has ${length} tokens, ${this.#name} takes ${positions}`;
  }
}

/** p("1") against p("2") alone, from their log-probabilities. */
function probabilityOfOne(logProbs: readonly number[] | undefined): number {
  const [one = Number.NaN, two = Number.NaN] = logProbs ?? [];
  const probability = 1 / (1 + Math.exp(two - one));
  if (Number.isNaN(probability)) throw notFinite();
  return probability;
}
