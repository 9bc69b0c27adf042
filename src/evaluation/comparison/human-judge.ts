import { plainText } from '../../data/records.js';
import { OrpoError } from '../../errors.js';
import type { Comparison, Judge, Judged, Score, Verdict } from '../../feedback/judge.js';
import { type Annotation, readAnnotations } from '../win-rate/annotations.js';

/**
 * People as a judge: their choices between two answers to a prompt, read from AlpacaEval's `annotations.json` and found
 * by the texts, in either order. Several choices of one pair are averaged. A pair nobody looked at has no verdict.
 */
export class HumanJudge implements Judge {
  readonly batch = 64;
  readonly concurrency = 1;
  readonly #path: string;
  readonly #choices = new Map<string, { sum: number; count: number }>();
  readonly #found = new Set<string>();

  private constructor(path: string, annotations: readonly Annotation[]) {
    this.#path = path;
    for (const { instruction, baseline, model, score } of annotations) {
      if (score === undefined) continue;
      const { key, turned } = keyOf(instruction, baseline.output, model.output);
      const choice = this.#choices.get(key) ?? { sum: 0, count: 0 };
      // the score is how far the second, the model's, is preferred
      choice.sum += turned ? score : 1 - score;
      choice.count++;
      this.#choices.set(key, choice);
    }
  }

  /** @throws OrpoError `data` naming file, row and key, for an unknown preference too */
  static async open(path: string): Promise<HumanJudge> {
    return new HumanJudge(path, await readAnnotations(path));
  }

  /** Pairs that people chose between, and those of them that were never asked for. */
  get unused(): { readonly pairs: number; readonly unused: number } {
    return { pairs: this.#choices.size, unused: this.#choices.size - this.#found.size };
  }

  async compare(items: readonly Comparison[]): Promise<Judged<Verdict>[]> {
    return items.map(({ prompt, first, second }): Judged<Verdict> => {
      const { key, turned } = keyOf(plainText(prompt), plainText(first), plainText(second));
      const choice = this.#choices.get(key);
      if (choice === undefined) return { failure: `${this.#path} has no choice between these answers` };
      this.#found.add(key);
      const probability = choice.sum / choice.count;
      return { value: { probability: turned ? 1 - probability : probability } };
    });
  }

  async score(): Promise<Judged<Score>[]> {
    throw new OrpoError('config', `${this.#path} holds choices, not scores.`, 'Use a reward model or a rule to score.');
  }

  async dispose(): Promise<void> {}
}

/** The same for both orders of two answers; `turned` where the second comes first in it. */
function keyOf(prompt: string, first: string, second: string): { readonly key: string; readonly turned: boolean } {
  const turned = first.trim() > second.trim();
  const [a, b] = turned ? [second, first] : [first, second];
  return { key: JSON.stringify([prompt.trim(), a.trim(), b.trim()]), turned };
}
