import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { Side } from '../../data/records.js';
import { OrpoError } from '../../errors.js';
import { grouped, inOrder } from '../../feedback/in-order.js';
import type { Judge, Judged, Score, Verdict } from '../../feedback/judge.js';
import { type ContentCache, digestOf } from './content-cache.js';

/** What a judge said, as it is kept. Failures are not: they are asked again. */
export const keptJudgement = z.union([
  z.object({ reward: z.number() }),
  z.object({ probability: z.number(), orders: z.tuple([z.number(), z.number()]).optional() }),
]);
export type KeptJudgement = z.infer<typeof keptJudgement>;

export type JudgementCache = Pick<ContentCache<KeptJudgement>, 'get' | 'put'>;

/** Something to ask a judge: an answer to score, or two to compare. */
export interface Question {
  readonly key: string;
  readonly prompt: Side;
  readonly texts: readonly [string] | readonly [string, string];
}

export function questionOf(prompt: Side, texts: Question['texts']): Question {
  return { key: digestOf(prompt, texts), prompt, texts };
}

export interface AskOptions {
  readonly cache: JudgementCache;
  /** Opens the judge at the first question that is not in the cache. */
  readonly open: () => Promise<Judge>;
  /** Whether a failure is a gap in what is known, and no sign of a broken judge. */
  readonly gaps: boolean;
  /** Whether the judge is elsewhere, so that a failure is not the caller's. */
  readonly remote: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Failures without any success after which a judge is taken for broken. */
const MOST_FAILURES = 20;

/**
 * Asks what the cache does not hold; answers are kept as they come. Questions of one prompt go together, so that a judge
 * may read it once. Yields how many are done; returns the failures by the keys of their questions.
 *
 * @throws OrpoError `data`, or `network` for a judge elsewhere, when it fails on all questions, or on the first twenty
 */
export async function* askJudge(
  questions: readonly Question[],
  { cache, open, gaps, remote, signal }: AskOptions,
): AsyncGenerator<number, Map<string, string>> {
  const failures = new Map<string, string>();
  const unanswered = questions.filter(({ key }) => cache.get(key) === undefined);
  let done = questions.length - unanswered.length;
  if (unanswered.length === 0) return failures;
  signal?.throwIfAborted();
  const judge = await open();
  const answers = inOrder(grouped(byPrompt(unanswered), judge.batch), judge.concurrency, (group, stop) =>
    ask(judge, group.flat(), signal === undefined ? stop : AbortSignal.any([signal, stop])),
  );
  let answered = done > 0;
  for await (const group of answers) {
    const kept = group.flatMap(({ key, outcome }): (readonly [string, KeptJudgement])[] => {
      if (!('failure' in outcome)) return [[key, keep(outcome.value)]];
      failures.set(key, outcome.failure);
      return [];
    });
    cache.put(kept);
    answered ||= kept.length > 0;
    if (!answered && !gaps && (failures.size >= MOST_FAILURES || failures.size === questions.length))
      throw broken(failures, remote);
    done += group.length;
    yield done;
    // a local judge computes without a pause, and signals are seen only between turns of the event loop
    await setImmediate();
    signal?.throwIfAborted();
  }
  return failures;
}

async function ask(
  judge: Judge,
  questions: readonly Question[],
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly outcome: Judged<Score | Verdict> }[]> {
  const single = questions.every(({ texts }) => texts.length === 1);
  const outcomes: Judged<Score | Verdict>[] = single
    ? await judge.score(
        questions.map(({ prompt, texts }) => ({ prompt, response: texts[0] })),
        signal,
      )
    : await judge.compare(
        questions.map(({ prompt, texts }) => ({ prompt, first: texts[0], second: texts[1] ?? '' })),
        signal,
      );
  return questions.map(({ key }, at) => ({ key, outcome: outcomes[at] ?? { failure: 'the judge gave no answer' } }));
}

function keep(value: Score | Verdict): KeptJudgement {
  if ('reward' in value) return { reward: value.reward };
  const { probability, orders } = value;
  return orders === undefined ? { probability } : { probability, orders: [orders[0], orders[1]] };
}

/** Questions of one prompt that lie beside one another, together. */
async function* byPrompt(questions: readonly Question[]): AsyncGenerator<Question[]> {
  let group: Question[] = [];
  for (const question of questions) {
    if (group.length > 0 && group[0]?.prompt !== question.prompt) {
      yield group;
      group = [];
    }
    group.push(question);
  }
  if (group.length > 0) yield group;
}

function broken(failures: ReadonlyMap<string, string>, remote: boolean): OrpoError {
  const [first = ''] = failures.values();
  return new OrpoError(
    remote ? 'network' : 'data',
    `The judge failed on each of ${failures.size} questions, first because ${first}.`,
    'Answers are kept: mend the judge and run the same command again.',
  );
}
