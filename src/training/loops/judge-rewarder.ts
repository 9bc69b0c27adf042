import { setImmediate } from 'node:timers/promises';
import { grouped, inOrder } from '../../feedback/in-order.js';
import type { Answer, Judge, Judged, Score } from '../../feedback/judge.js';
import type { Rewarded, Rewarder } from './rewards.js';

/** A judge as a reward, without a reward model between (d-RLAIF, arXiv 2309.00267). */
export function judgeRewarder(judge: Judge, name: string, dispose: () => Promise<void>): Rewarder {
  return {
    name,
    dispose,
    async score(items, signal) {
      const answers = items.map(({ asked, response }): Answer => ({ prompt: asked, response }));
      const rewards: Rewarded[] = [];
      const groups = grouped(each(answers), judge.batch);
      const work = (group: readonly Answer[], stop: AbortSignal): Promise<Judged<Score>[]> =>
        judge.score(group, signal === undefined ? stop : AbortSignal.any([signal, stop]));
      for await (const scores of inOrder(groups, judge.concurrency, work)) {
        for (const score of scores) rewards.push('failure' in score ? score : score.value.reward);
        // a local judge computes without a pause, and signals are seen only between turns of the event loop
        await setImmediate();
        signal?.throwIfAborted();
      }
      return rewards;
    },
  };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
