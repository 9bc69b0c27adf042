import { join } from 'node:path';
import type { TrainOptions } from '../../training/events.js';
import type { RecipeFolder } from '../recipe-folder.js';
import type { RecipeOptions } from '../run-stage.js';
import type { Speeds } from './forecast.js';
import type { Sweep } from './lay-out.js';
import type { HeldOut } from './measure-pairs.js';
import { readPace } from './pilots.js';
import { type SweepFolder, sweepFolder } from './sweep-folder.js';

/** What all that works on one comparison shares; a process that goes on with it makes another. */
export class SweepWork {
  /** What is under way, for who is told of an interruption. */
  stage = 'data';
  readonly sweep: Sweep;
  readonly places: SweepFolder;
  readonly options: RecipeOptions;
  readonly training: TrainOptions;
  /** Updates and their seconds, by entry, as far as this process has seen them. */
  readonly #seen = new Map<string, { updates: number; seconds: number }>();

  constructor(sweep: Sweep, folder: RecipeFolder, options: RecipeOptions) {
    const { signal, onProgress } = options;
    this.sweep = sweep;
    this.places = sweepFolder(folder);
    this.options = options;
    this.training = {
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    };
  }

  heldOut(part: 'validation' | 'test'): HeldOut {
    const { data, training } = this.sweep.config;
    // filters choose what to train on; what is held out is the same for all
    const {
      pairs: _,
      validation: __,
      test: ___,
      demonstrations: ____,
      prompts: _____,
      filters: ______,
      ...settings
    } = data;
    return { file: join(this.sweep.data, `${part}.jsonl`), data: settings, seed: training.seed };
  }

  /** Notes how long an update of an entry took. */
  see(entry: string, seconds: number): void {
    const seen = this.#seen.get(entry) ?? { updates: 0, seconds: 0 };
    this.#seen.set(entry, { updates: seen.updates + 1, seconds: seen.seconds + seconds });
  }

  /** By the updates seen, or by the pilots where there are none. */
  speeds(): Speeds {
    const { contenders, sft } = this.sweep;
    const entries = contenders.map(({ entry, pilot }): [string, number] => {
      const seen = this.#seen.get(entry);
      return [entry, seen === undefined ? readPace(pilot).seconds : seen.seconds / seen.updates];
    });
    return { sft: sft === undefined ? 0 : readPace(sft.pilot).seconds, entries: new Map(entries) };
  }

  /** @throws the signal's reason when it was aborted: what is under way is not done */
  requireOngoing(): void {
    this.options.signal?.throwIfAborted();
  }
}
