import { join } from 'node:path';
import { nearest, OrpoError } from '../../errors.js';
import { catalogue } from '../../objectives/catalogue.js';
import type { RunConfig } from '../../training/config.js';
import type { LoopPlan } from '../../training/loops/loop.js';
import { planLoop } from '../../training/loops/plan-loop.js';
import { parseConfig } from '../../training/parse-config.js';
import { modelAfter, type TrainStage } from '../stage.js';
import { answersSettings } from './answers-settings.js';
import { axesOf, seedsOf } from './axes.js';
import type { CompareConfig, ComparedMethod } from './config.js';
import { type Axis, type Point, pointName, pointsOf } from './grid.js';
import type { SplitPlan } from './split-data.js';

/** One run of a sweep. */
export interface Cell {
  /** Unique in the sweep, and a folder's name. */
  readonly name: string;
  /** Its entry among the methods. */
  readonly entry: string;
  readonly point: Point;
  readonly seed: number;
  /** Within the recipe's folder. */
  readonly folder: string;
  /** The run with a number of updates. @throws OrpoError `config` naming the key */
  config(steps: number): RunConfig;
}

/** A method with all that is tried of it. */
export interface Contender {
  readonly entry: string;
  readonly method: string;
  readonly from: 'model' | 'sft';
  readonly axes: readonly Axis[];
  readonly points: readonly Point[];
  readonly cells: readonly Cell[];
  /** A run of a few updates that tells what an update takes. */
  readonly pilot: RunConfig;
}

/** All of a sweep that is known beforehand. */
export interface Sweep {
  readonly config: CompareConfig;
  readonly seeds: readonly number[];
  readonly base: string;
  readonly split: SplitPlan;
  /** Where the parts of the data lie. */
  readonly data: string;
  /** The shared supervised stage with a number of updates; undefined where no method asks for it. */
  readonly sft: SharedStage | undefined;
  readonly contenders: readonly Contender[];
}

/** The supervised stage that several methods start from. */
export interface SharedStage {
  readonly stage: (steps: number) => TrainStage;
  /** Updates that its section asks for. */
  readonly steps: number | undefined;
  readonly pilot: RunConfig;
}

/** Updates of a pilot: the first is slower than the others. */
export const PILOT_STEPS = 3;
/** Folder of the shared supervised stage. */
const SFT = 'sft';

/**
 * What a sweep consists of, a pure function of its configuration.
 *
 * @param origin what errors call the configuration
 * @throws OrpoError `config` naming the key
 */
export function layOutSweep(config: CompareConfig, origin: string): Sweep {
  const { data, output, training, methods } = config;
  const entries = Object.entries(methods);
  if (entries.length < 2)
    throw new OrpoError('config', `${origin}: "methods" names ${entries.length}.`, 'Name at least two to compare.');
  const place = join(output, 'data');
  const shapes = new Map(catalogue().map((one) => [one.name, one.data]));
  const others = new Map<string, string>();
  const file = (name: string): string => join(place, `${name}.jsonl`);
  const other = (name: string, path: string): string => {
    others.set(name, path);
    return file(name);
  };
  const demonstrations = data.demonstrations === undefined ? undefined : other('demonstrations', data.demonstrations);
  const prompts = data.prompts === undefined ? undefined : other('prompts', data.prompts);
  const read = (entry: string, { data: own = {} }: Pick<ComparedMethod, 'data'>, method: string) => {
    if (own.eval !== undefined)
      throw new OrpoError(
        'config',
        `${origin}: "${entry}.data.eval" is ${JSON.stringify(own.eval)}.`,
        'Held-out rows are the same for all methods: data.validation and data.test.',
      );
    const shape = shapes.get(method);
    const usual = (shape === 'text' ? demonstrations : shape === 'prompt' ? prompts : undefined) ?? file('train');
    const named = own.train === undefined ? [] : [own.train].flat();
    const train = named.length === 0 ? usual : named.map((path, at) => other(`${entry}-${at + 1}`, path));
    const { pairs: _, validation: __, test: ___, demonstrations: ____, prompts: _____, ...settings } = data;
    return { ...settings, ...own, train };
  };
  const run = (entry: string, method: string, section: ComparedMethod, { model, steps, seed, point, folder }: Cut) => {
    const { adapter, from: _, learningRates: __, strength: ___, data: ____, training: own, ...rest } = section;
    const bears = adapter === false ? undefined : (adapter ?? config.adapter);
    const settings = { ...training, ...own };
    const { filters } = { ...data, ...section.data };
    const looksAhead = filters?.promptLeaks !== undefined || filters?.responseLeaks !== undefined;
    const evaluated = looksAhead || (settings.evaluateEvery ?? 0) > 0;
    const where = point === undefined ? entry : `${entry} at ${pointName(point)}`;
    const parsed = parseConfig(
      {
        ...rest,
        method,
        model,
        ...(bears === undefined ? {} : { adapter: bears }),
        data: { ...read(entry, section, method), ...(evaluated ? { eval: file('validation') } : {}) },
        objective: { ...rest.objective, ...point?.strength },
        training: {
          ...settings,
          ...(point === undefined ? {} : { learningRate: point.learningRate }),
          maxSteps: steps,
          // an epoch has an update at least, so that steps alone decide
          epochs: steps,
          seed,
        },
        output: join(output, folder),
      },
      `${origin}, ${where}`,
    );
    return parsed;
  };
  const seeds = seedsOf(config, origin);
  const asked = entries.some(([, { from }]) => from === 'sft');
  const sft = asked ? sharedStage() : undefined;
  if (config.sft !== undefined && !asked)
    throw new OrpoError('config', `${origin}: "sft" is used by no method.`, 'Write from: sft below a method.');

  function sharedStage(): SharedStage {
    const section = { ...config.sft, from: 'model' } as const;
    const stage = (steps: number): TrainStage => {
      const cut = { model: config.model, steps, seed: training.seed, folder: SFT };
      const parsed = run('sft', 'sft', section, cut);
      const merged = parsed.adapter === undefined ? {} : { merged: `${parsed.output}-merged` };
      return { kind: 'train', name: SFT, folder: SFT, config: parsed, ...merged, beside: false };
    };
    const { model } = config;
    const cut = { model, steps: PILOT_STEPS, seed: training.seed, folder: join('pilots', '_sft') };
    return { stage, steps: config.sft?.training?.maxSteps, pilot: run('sft', 'sft', section, cut) };
  }

  const contenders = entries.map(([entry, section]): Contender => {
    const method = section.method ?? entry;
    const { from } = section;
    const axes = axesOf(entry, method, section, config, origin);
    const points = pointsOf(axes);
    const model = sft !== undefined && from === 'sft' ? modelAfter(sft.stage(1)) : config.model;
    const cells = points.flatMap((point) =>
      seeds.map((seed): Cell => {
        const name = [entry, pointName(point), `seed${seed}`].join('-');
        const folder = join('cells', name);
        return {
          name,
          entry,
          point,
          seed,
          folder,
          config: (steps) => run(entry, method, section, { model, steps, seed, point, folder }),
        };
      }),
    );
    for (const cell of cells) requirePolicy(entry, cell.config(1), origin);
    const [point] = points;
    const folder = join('pilots', entry);
    const cut = { model: config.model, steps: PILOT_STEPS, seed: training.seed, point, folder };
    return { entry, method, from, axes, points, cells, pilot: run(entry, method, section, cut) };
  });
  const base = config.base ?? (methods.sft === undefined ? (entries[0]?.[0] ?? '') : 'sft');
  if (methods[base] === undefined) {
    const near = nearest(base, Object.keys(methods));
    const hint = near === undefined ? `Use one of ${Object.keys(methods).join(', ')}.` : `Did you mean "${near}"?`;
    throw new OrpoError('config', `${origin}: "base" is "${base}", which is none of the methods.`, hint);
  }
  answersSettings(config, ['model'], origin);
  const { columns, onMalformed, pairs, validation, test } = data;
  const split = { pairs, validation, test, others, read: { columns, onMalformed }, seed: training.seed };
  return { config, seeds, base, split, data: place, sft, contenders };
}

interface Cut {
  readonly model: string;
  readonly steps: number;
  readonly seed: number;
  readonly point?: Point | undefined;
  readonly folder: string;
}

/** @throws OrpoError `config` when what is trained writes no text, or the method lacks something it needs */
function requirePolicy(entry: string, config: RunConfig, origin: string): void {
  const place = `${origin}, methods.${entry}`;
  if (headOf(config, place) === 'vocabulary') return;
  throw new OrpoError(
    'config',
    `${place} trains a reward model, which has no log-probs to compare.`,
    'Leave it out; compare reward models by orpo score --reward.',
  );
}

function headOf(config: RunConfig, place: string): LoopPlan['head'] {
  try {
    return planLoop(config, {}).head;
  } catch (error) {
    if (!(error instanceof OrpoError)) throw error;
    throw new OrpoError(error.code, `${place}: ${error.message}`, error.hint, { cause: error });
  }
}
