import { existsSync } from 'node:fs';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { JsonlLog, readJsonlLog } from '../../files/jsonl-log.js';
import { NO_WORK, type Work, type WorkCount } from '../../nn/work.js';
import { workSchema } from '../cost.js';
import type { FiniteRewards } from './rewards.js';

const sampled = z.object({
  /** Row of the prompt in its data file. */
  row: z.int(),
  text: z.string(),
  stop: z.enum(['end', 'length', 'stop string']),
  ids: z.array(z.int()).readonly(),
});
/** What it took; a record without it was written before this was counted. */
const kept = workSchema.default(NO_WORK);
const record = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rollout'), step: z.int(), responses: z.array(sampled).readonly(), work: kept }),
  z.object({
    type: z.literal('rewards'),
    step: z.int(),
    rewards: z.array(z.number()).readonly(),
    failed: z.int(),
    work: kept,
  }),
]);

/** A response as it was sampled. */
export type SampledText = z.output<typeof sampled>;

/**
 * Every rollout of a run and its rewards, each written as soon as it is there. A run that goes on reads those after its
 * checkpoint instead of sampling and paying for them again.
 */
export class RolloutLog {
  readonly #log: JsonlLog;
  readonly #work: WorkCount;
  readonly #texts = new Map<number, { readonly responses: readonly SampledText[]; readonly work: Work }>();
  readonly #rewards = new Map<number, FiniteRewards & { readonly work: Work }>();

  /**
   * What is read is added to `work` as if it had been done now, so that a resumed run counts as the uninterrupted one does.
   *
   * @throws OrpoError `disk`, or `format` when the file is damaged
   */
  constructor(path: string, work: WorkCount) {
    this.#work = work;
    if (existsSync(path))
      for (const line of readJsonlLog(path)) {
        const { data: read } = record.safeParse(line);
        if (read === undefined)
          throw new OrpoError(
            'format',
            `${path} holds a record that is no rollout.`,
            'Remove the file: what it kept is sampled again.',
          );
        if (read.type === 'rollout') this.#texts.set(read.step, read);
        else this.#rewards.set(read.step, read);
      }
    this.#log = new JsonlLog(path);
  }

  /** The responses of an update, from the file or made now. */
  async responses(step: number, make: () => Promise<readonly SampledText[]>): Promise<readonly SampledText[]> {
    const known = this.#texts.get(step);
    this.#texts.delete(step);
    if (known !== undefined) {
      this.#work.add(known.work);
      return known.responses;
    }
    const before = this.#work.done;
    const responses = await make();
    this.#append({ type: 'rollout', step, responses, work: this.#work.since(before) });
    return responses;
  }

  /** Their rewards, from the file or asked for now. */
  async rewards(step: number, ask: () => Promise<FiniteRewards>): Promise<FiniteRewards> {
    const known = this.#rewards.get(step);
    this.#rewards.delete(step);
    if (known !== undefined) {
      this.#work.add(known.work);
      return known;
    }
    const before = this.#work.done;
    const { rewards, failed } = await ask();
    this.#append({ type: 'rewards', step, rewards, failed, work: this.#work.since(before) });
    return { rewards, failed };
  }

  close(): void {
    this.#log.close();
  }

  /** On the disk at once: they are dear, and few. */
  #append(line: z.output<typeof record>): void {
    this.#log.append(line);
    this.#log.flush();
  }
}
