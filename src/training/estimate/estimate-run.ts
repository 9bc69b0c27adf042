import { readSizesOf } from '../../models/model-outline.js';
import { formatCount } from '../../text/format.js';
import type { RunConfig, RunConfigInput } from '../config.js';
import type { Effort } from '../cost.js';
import { isOnline } from '../loops/plan-loop.js';
import { parseConfig } from '../parse-config.js';
import { MemoryPlan, weightBytes } from './memory-plan.js';
import { evaluationsOf } from './offline-passes.js';
import { decodingPasses } from './online-passes.js';
import type { Planned } from './pass.js';
import type { DecodeProbe } from './probe.js';
import { probeRun, type Speeds } from './probe-run.js';
import { type OutlineOptions, outlineRun, type RunOutline } from './run-outline.js';
import { standingMemory } from './standing-memory.js';
import { type Counted, sumPasses } from './sum-passes.js';
import { surveyPasses } from './survey.js';

/** What a run will take, foretold. */
export interface Estimate {
  readonly method: string;
  readonly model: string;
  readonly precision: 'fp32' | 'bf16';
  readonly steps: number;
  readonly examples: number;
  readonly parameters: number;
  readonly trained: number;
  readonly updates: Effort;
  readonly evaluations: Effort;
  /** Log-probs computed once before training; nothing where they are in the cache. */
  readonly reference?: Effort;
  /** Most bytes of tensors. */
  readonly peakBytes: number;
  /** Parts of it: weights, moments and copies that always lie there, and what updates and evaluations add. */
  readonly memory: { readonly standing: number; readonly updates: number; readonly evaluations: number };
  /** Bytes mapped from files beside the tensors, which the system may drop. */
  readonly mappedBytes: number;
  /** Of what is trained, and of the checkpoints that stay. */
  readonly modelBytes: number;
  readonly checkpointBytes: number;
  /** What was assumed. */
  readonly notes: readonly string[];
}

/**
 * Foretells time, operations and memory of a run without training: it reads configuration, data and the shapes of models,
 * counts every pass, and measures passes of the run's own size on a few layers of random weights.
 *
 * @throws OrpoError as a run would before its first update
 */
export async function estimateRun(input: RunConfigInput | RunConfig, options: OutlineOptions = {}): Promise<Estimate> {
  const config = parseConfig(input);
  const outline = await outlineRun(config, options);
  const { precision, plan, dataset, about, traces } = outline;
  const samples = surveyPasses(outline.passes(), traces.policy);
  const speeds = await probeRun({
    config: about.config,
    adapter: config.adapter,
    precision: precision.precision,
    layers: traces.policy.layers,
    weights: traces.policy.weights,
    learner: outline.learner,
    samples,
    decode: decodeProbe(outline),
    signal: options.signal,
  });
  const { trained, largestTrained: largest, weights } = traces.policy;
  const learners = outline.critic === 'own' ? 2 : 1;
  const plans = new MemoryPlan({
    bytes: weightBytes(precision.precision),
    trained,
    largest,
    passes: speeds.bytes,
    sizes: readSizesOf(about.config),
    width: precision.precision === 'bf16' ? 2 : 4,
    learners,
  });
  const planned = [...outline.passes(), ...answeringPasses(outline)];
  const { efforts, peak } = sumPasses(
    planned,
    traces,
    (one) => secondsOf(speeds, one),
    (micro) => learners * speeds.move(micro),
    plans,
  );
  const standing = standingMemory(outline);
  const memory = { standing: standing.bytes, updates: peak.updates, evaluations: peak.evaluations };
  const { updates, evaluations, reference } = efforts;
  return {
    method: config.method,
    model: config.model,
    precision: precision.precision,
    steps: plan.steps,
    examples: dataset.examples,
    parameters: weights,
    trained: learners * trained,
    updates,
    evaluations,
    ...(outline.strategy === 'cached' ? { reference } : {}),
    peakBytes: memory.standing + Math.max(memory.updates, memory.evaluations),
    memory,
    mappedBytes: standing.mapped,
    ...diskOf(outline),
    notes: notesOf(outline),
  };
}

function secondsOf(speeds: Speeds, { pass, flops, fresh }: Counted): number {
  if (pass.kind === 'decode') return speeds.decode(pass.shape.rows);
  if (pass.cache !== undefined) return speeds.open(pass.shape.rows);
  const more = fresh ? speeds.fresh : 0;
  // of three products that learn one goes forward
  return pass.kind === 'learn' ? speeds.learn(flops) + more : speeds.look(flops) + more / 3;
}

/** Greedy answers that an evaluation shows to people. */
function* answeringPasses({ config, dataset, plan, traces, learner }: RunOutline): Generator<Planned> {
  const { samples, sampleTokens, evaluateEvery } = config.training;
  if (samples === 0 || dataset.eval.length === 0 || !learner.writes) return;
  const prompts = dataset.eval.slice(0, samples);
  const { positions } = traces.policy;
  const to = { part: 'evaluations', times: evaluationsOf(plan.steps, evaluateEvery) } as const;
  yield* decodingPasses(prompts, { samples: 1, batch: samples, maxTokens: sampleTokens, positions }, to);
}

function decodeProbe({ config, about, dataset, learner }: RunOutline): DecodeProbe | undefined {
  const { tokenizer } = about;
  if (isOnline(config)) {
    const { responses: samples, batch, temperature } = config.rollout;
    const prompts = dataset.foretold(0).slice(0, Math.max(1, Math.floor(batch / samples)));
    return { prompts: prompts.map(({ trunk }) => trunk), samples, temperature, tokenizer };
  }
  const { samples } = config.training;
  if (samples === 0 || dataset.eval.length === 0 || !learner.writes) return undefined;
  return { prompts: dataset.eval.slice(0, samples).map(({ trunk }) => trunk), samples: 1, temperature: 0, tokenizer };
}

/** Float32 masters and both moments in each checkpoint; the model as its checkpoint has it, the adapter in float32. */
function diskOf({ config, traces, plan, precision }: RunOutline): Pick<Estimate, 'modelBytes' | 'checkpointBytes'> {
  const { trained } = traces.policy;
  const { checkpointEvery, keepCheckpoints } = config.training;
  const saved = checkpointEvery === 0 ? 0 : Math.ceil(plan.steps / checkpointEvery) - 1;
  const each = config.adapter === undefined && precision.precision === 'bf16' ? 2 : 4;
  return { modelBytes: each * trained, checkpointBytes: 12 * trained * Math.min(saved, keepCheckpoints) };
}

function notesOf({ config, strategy, judge, dataset }: RunOutline): string[] {
  const sampled = `the first ${formatCount(dataset.sample.length)} examples stand for all, and reading them is not in it`;
  const streamed = config.data.stream === true ? [sampled] : [];
  if (!isOnline(config))
    return [...streamed, ...(strategy === 'cached' ? ['log-probs of the reference may be in the cache already'] : [])];
  const { reward } = config;
  const elsewhere = judge === undefined && typeof reward === 'object' && reward.kind !== 'rule';
  return [
    ...streamed,
    `every response is taken to be ${config.rollout.maxTokens} tokens long, and every pair of them to differ`,
    ...(elsewhere ? ['what the judge takes is not in it'] : []),
  ];
}
