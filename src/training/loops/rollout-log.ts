import { existsSync } from 'node:fs';
import { z } from 'zod';
import { OrpoError } from '../../errors.js';
import { JsonlLog, readJsonlLog } from '../../files/jsonl-log.js';
import type { FiniteRewards } from './rewards.js';

const sampled = z.object({
  /** Row of the prompt in its data file. */
  row: z.int(),
  text: z.string(),
  stop: z.enum(['end', 'length', 'stop string']),
  ids: z.array(z.int()).readonly(),
});
const record = z.discriminatedUnion('type', [
  z.object({ type: z.literal('rollout'), step: z.int(), responses: z.array(sampled).readonly() }),
  z.object({ type: z.literal('rewards'), step: z.int(), rewards: z.array(z.number()).readonly(), failed: z.int() }),
]);

/** A response as it was sampled. */
export type SampledText = z.output<typeof sampled>;

/**
 * Every rollout of a run and its rewards, each written as soon as it is there. A run that goes on reads those after its
 * checkpoint instead of sampling and paying for them again.
 */
export class RolloutLog {
  readonly #log: JsonlLog;
  readonly #texts = new Map<number, readonly SampledText[]>();
  readonly #rewards = new Map<number, FiniteRewards>();

  /** @throws OrpoError `disk`, or `format` when the file is damaged */
  constructor(path: string) {
    if (existsSync(path))
      for (const line of readJsonlLog(path)) {
        const { data: read } = record.safeParse(line);
        if (read === undefined)
          throw new OrpoError(
            'format',
            `${path} holds a record that is no rollout.`,
            'Remove the file: what it kept is sampled again.',
          );
        if (read.type === 'rollout') this.#texts.set(read.step, read.responses);
        else this.#rewards.set(read.step, read);
      }
    this.#log = new JsonlLog(path);
  }

  /** The responses of an update, from the file or made now. */
  async responses(step: number, make: () => Promise<readonly SampledText[]>): Promise<readonly SampledText[]> {
    const known = this.#texts.get(step);
    this.#texts.delete(step);
    if (known !== undefined) return known;
    const responses = await make();
    this.#append({ type: 'rollout', step, responses });
    return responses;
  }

  /** Their rewards, from the file or asked for now. */
  async rewards(step: number, ask: () => Promise<FiniteRewards>): Promise<FiniteRewards> {
    const known = this.#rewards.get(step);
    this.#rewards.delete(step);
    if (known !== undefined) return known;
    const { rewards, failed } = await ask();
    this.#append({ type: 'rewards', step, rewards, failed });
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
