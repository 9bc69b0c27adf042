import { isMessages, type Side } from '../../data/records.js';
import { rewardOfGrade } from '../grade.js';
import {
  type Answer,
  bothOrders,
  type Comparison,
  type Judge,
  type Judged,
  type Score,
  type TokenCount,
  type Verdict,
  type Writer,
} from '../judge.js';
import { comparisonPrompt, gradePrompt } from '../judge-prompts.js';
import type { ChatClient } from './chat-client.js';
import type { Completion } from './completion.js';
import { parseChoice, parseGrade, softChoice, softGrade } from './parse-answer.js';

export interface EndpointOptions {
  readonly instructions: string;
  /** Rows worth having under way. */
  readonly concurrency: number;
  /** `text` reads the answer, `logprobs` the probabilities of its first token. */
  readonly labels: 'text' | 'logprobs';
  /** Most tokens of a text that is written, as in critiques. */
  readonly writeTokens: number;
}

type Outcome = Completion | { readonly failure: string };

/** A chat endpoint as a judge, asked in both orders, and as a writer. */
export class EndpointJudge implements Judge, Writer {
  readonly batch = 1;
  readonly concurrency: number;
  readonly #client: ChatClient;
  readonly #options: EndpointOptions;

  constructor(client: ChatClient, options: EndpointOptions) {
    this.#client = client;
    this.#options = options;
    this.concurrency = options.concurrency;
  }

  async compare(items: readonly Comparison[], signal?: AbortSignal): Promise<Judged<Verdict>[]> {
    return await Promise.all(items.map((item) => this.#compare(item, signal)));
  }

  async score(items: readonly Answer[], signal?: AbortSignal): Promise<Judged<Score>[]> {
    return await Promise.all(items.map((item) => this.#grade(item, signal)));
  }

  async write(
    conversations: readonly Side[],
    keys: readonly number[],
    signal?: AbortSignal,
  ): Promise<Judged<string>[]> {
    const { writeTokens } = this.#options;
    return await Promise.all(
      conversations.map(async (side, at): Promise<Judged<string>> => {
        const messages = isMessages(side) ? side : [{ role: 'user', content: side }];
        const answer = await this.#client.ask(messages, { max_tokens: writeTokens, seed: keys[at] ?? 0 }, signal);
        return 'failure' in answer ? answer : { value: answer.text.trim(), tokens: answer.tokens };
      }),
    );
  }

  async dispose(): Promise<void> {}

  async #compare(item: Comparison, signal: AbortSignal | undefined): Promise<Judged<Verdict>> {
    const { instructions } = this.#options;
    const swapped = { ...item, first: item.second, second: item.first };
    const [shown, turned] = await Promise.all([
      this.#ask(comparisonPrompt(item, instructions), signal),
      this.#ask(comparisonPrompt(swapped, instructions), signal),
    ]);
    if ('failure' in shown) return shown;
    if ('failure' in turned) return turned;
    const first = this.#choice(shown);
    const second = this.#choice(turned);
    if (typeof first !== 'number') return first;
    if (typeof second !== 'number') return second;
    return { value: bothOrders(first, 1 - second), tokens: added(shown.tokens, turned.tokens) };
  }

  async #grade({ prompt, response, principle }: Answer, signal: AbortSignal | undefined): Promise<Judged<Score>> {
    const question = gradePrompt(prompt, response, principle ?? this.#options.instructions);
    const answer = await this.#ask(question, signal);
    if ('failure' in answer) return answer;
    const soft = this.#options.labels === 'logprobs';
    const score = soft ? softGrade(answer.first ?? []) : parseGrade(answer.text);
    if (score === undefined) return this.#unread(answer, 'a grade of 1 to 10');
    return { value: { score, reward: rewardOfGrade(score) }, tokens: answer.tokens };
  }

  /** p(1) of one answer. */
  #choice(answer: Completion): number | { readonly failure: string } {
    if (this.#options.labels === 'logprobs') {
      return softChoice(answer.first ?? []) ?? this.#unread(answer, 'log-probabilities of 1 or 2');
    }
    const choice = parseChoice(answer.text);
    return choice === undefined ? this.#unread(answer, '1 or 2') : 2 - choice;
  }

  #unread({ text, first }: Completion, wanted: string): { readonly failure: string } {
    if (this.#options.labels === 'logprobs' && first === undefined) {
      return { failure: 'the endpoint gives no log-probabilities; set judge.labels: text' };
    }
    return { failure: `the answer ${JSON.stringify(text.slice(0, 60))} is not ${wanted}` };
  }

  #ask(question: string, signal: AbortSignal | undefined): Promise<Outcome> {
    const soft = this.#options.labels === 'logprobs' ? { logprobs: true, top_logprobs: 20 } : {};
    return this.#client.ask([{ role: 'user', content: question }], { max_tokens: 8, ...soft }, signal);
  }
}

function added(a: TokenCount, b: TokenCount): TokenCount {
  return { input: a.input + b.input, output: a.output + b.output };
}
