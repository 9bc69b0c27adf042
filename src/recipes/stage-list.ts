import { join } from 'node:path';
import { parseFeedbackConfig } from '../feedback/config.js';
import { configError } from '../training/config-error.js';
import { planLoop } from '../training/loops/plan-loop.js';
import { parseConfig } from '../training/parse-config.js';
import { answersConfig } from './answers/config.js';
import type { StagedConfig } from './config.js';
import type { ChosenSection, TrainedSection } from './sections.js';
import type { AnswersStage, FeedbackStage, Stage, TrainStage } from './stage.js';

export interface RunData {
  readonly train: string | readonly string[];
  readonly eval?: string | undefined;
  readonly columns?: undefined;
  readonly onMalformed?: 'drop';
}

/**
 * How a run reads what a recipe wrote: columns have their usual names whatever those of the user's files are, and a response
 * with a character that data may not hold is dropped and counted, as nobody can mend it.
 */
export const ownFile = { columns: undefined, onMalformed: 'drop' } as const;

export interface RunToBe {
  readonly method: string;
  readonly model: string;
  /** What the run reads by default; a section's `data` is written over it. */
  readonly data: RunData;
  readonly section: TrainedSection | ChosenSection;
  /** A reward that the recipe made; a section's own is written over it. */
  readonly reward?: object | undefined;
  /** Whether a later stage starts from what is trained. */
  readonly continues: boolean;
  /** Whether it is for comparison only. */
  readonly beside?: boolean;
}

/**
 * The stages of a recipe as they are added, each with its folder. A stage's configuration is what the recipe shares with
 * the stage's section written over it, parsed by the schema of a run or of judging.
 */
export class StageList {
  readonly #config: StagedConfig;
  readonly #origin: string;
  readonly #stages: Stage[] = [];

  /** @param origin what errors call the recipe */
  constructor(config: StagedConfig, origin: string) {
    this.#config = config;
    this.#origin = origin;
  }

  get stages(): readonly Stage[] {
    return this.#stages;
  }

  /** Adds a run; returns what a later stage can start from. @throws OrpoError `config` naming stage and key */
  train(name: string, { method, model, data, section, reward, continues, beside = false }: RunToBe): TrainStage {
    const { adapter, training, data: own, ...rest } = section;
    const place = this.#place(name);
    const { demonstrations, pairs, prompts, limit, ...settings } = { ...noSources, ...this.#config.data };
    const bears = adapter === false ? undefined : (adapter ?? this.#config.adapter);
    const config = parseConfig(
      {
        ...(reward === undefined ? {} : { reward }),
        ...rest,
        method,
        model,
        ...(bears === undefined ? {} : { adapter: bears }),
        data: { ...settings, ...data, ...own },
        training: { ...this.#config.training, ...training },
        output: place.output,
      },
      this.#origin === '' ? name : `${this.#origin}, stage ${name}`,
    );
    // says now what would be wrong hours from now
    planLoop(config, {});
    const merged = continues && config.adapter !== undefined ? { merged: `${place.output}-merged` } : {};
    const stage: TrainStage = { kind: 'train', name, folder: place.folder, config, ...merged, beside };
    this.#stages.push(stage);
    return stage;
  }

  /** Adds responses to prompts, drawn from a model and judged. @throws OrpoError `config` naming stage and key */
  feedback(name: string, base: object, section: object): FeedbackStage {
    const { folder, output } = this.#place(name);
    const { columns, onMalformed } = this.#config.data;
    const shared = { columns, onMalformed, seed: this.#config.training.seed };
    const config = parseFeedbackConfig({ ...shared, ...base, ...section, output }, `${this.#origin}, stage ${name}`);
    const stage: FeedbackStage = { kind: 'feedback', name, folder, config };
    this.#stages.push(stage);
    return stage;
  }

  /** Adds a model's own answers. @throws OrpoError `config` naming stage and key */
  answers(name: string, settings: object): AnswersStage {
    const { folder, output } = this.#place(name);
    const { eval: held, columns, onMalformed } = this.#config.data;
    const input = { eval: held, columns, onMalformed, seed: this.#config.training.seed, ...settings, output };
    const parsed = answersConfig.safeParse(input);
    if (!parsed.success) {
      const origin = `${this.#origin}, stage ${name}`;
      const [issue] = parsed.error.issues;
      throw issue === undefined
        ? parsed.error
        : configError(issue, input, { origin, kinds: [answersConfig], page: 'docs/recipes.md' });
    }
    const stage: AnswersStage = { kind: 'answers', name, folder, config: parsed.data };
    this.#stages.push(stage);
    return stage;
  }

  #place(name: string): { readonly folder: string; readonly output: string } {
    const folder = `${String(this.#stages.length + 1).padStart(2, '0')}-${name}`;
    return { folder, output: join(this.#config.output, folder) };
  }
}

/** Keys of a recipe's `data` that no run has. */
const noSources = { demonstrations: undefined, pairs: undefined, prompts: undefined, limit: undefined };
