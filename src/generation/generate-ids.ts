import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import type { AttentionContext } from '../nn/attention-context.js';
import { logits } from '../nn/token-log-probs.js';
import { fromIndices, noGrad, scope, type Tensor, toFloat32Array, toInt32Array } from '../torch/index.js';
import { DecodeContext, prefillContext } from './cached-attention.js';
import { type GenerateOptions, type GenerateOptionsInput, parseGenerateOptions } from './config.js';
import { drawIds } from './draw-ids.js';
import { KeyValueCache } from './key-value-cache.js';
import { isPlainDraw, isPlainGreedy, notFinite, sample, uniform } from './sampler.js';
import { type StopReason, stopReason } from './stop.js';

/** One token of one response, as soon as it is chosen. */
export interface GeneratedToken {
  /** Index of the prompt. */
  readonly row: number;
  readonly id: number;
  /** Why the response ends with this token; undefined while it goes on. */
  readonly stop: StopReason | undefined;
}

export interface GenerateIdsOptions extends Omit<GenerateOptionsInput, 'stop'> {
  /** Tokens that end a response; the token itself is passed on with the reason `end`. */
  readonly endIds: Iterable<number>;
  /** The random stream of each prompt; its index when left out. Prompts with the same one draw alike. */
  readonly streams?: readonly number[];
  /** Responses to each prompt, which is computed once for all of them; row `i * samples + s` answers prompt `i`. Default 1. */
  readonly samples?: number;
  /** Asked after each token but an end token; true ends the row with the reason `stop string`. */
  readonly stopsAfter?: (row: number, id: number) => boolean;
}

type Settings = GenerateOptions & {
  readonly endIds: ReadonlySet<number>;
  readonly streams: readonly number[] | undefined;
  readonly samples: number;
  readonly stopsAfter: ((row: number, id: number) => boolean) | undefined;
};

interface Row {
  readonly row: number;
  readonly stream: number;
  readonly seen: Set<number>;
  readonly maxTokens: number;
  length: number;
}

/**
 * Answers prompts (token ids) batch by batch: `batch` of them at a time, one token each in turn. A response also ends
 * with the reason `length` where the model's positions do. No gradients, and nothing is left behind, also when the
 * consumer stops early by leaving a `for … of` loop or calling `return`.
 *
 * @throws OrpoError `config` for settings, `data` for prompts that are empty or too long, `numeric` for scores that are
 * not finite
 */
export function* generateIds(
  model: CausalLM,
  prompts: readonly Int32Array[],
  options: GenerateIdsOptions,
): Generator<GeneratedToken, void, undefined> {
  const { endIds, streams, stopsAfter, samples = 1, ...rest } = options;
  const settings = { ...parseGenerateOptions(rest), endIds: new Set(endIds), streams, stopsAfter, samples };
  for (const [row, { length }] of prompts.entries()) checkLength(row, length, model.sizes.positions);
  const width = Math.max(1, Math.floor(settings.batch / samples));
  for (let begin = 0; begin < prompts.length; begin += width) {
    yield* generateBatch(model, prompts.slice(begin, begin + width), begin, settings);
  }
}

function* generateBatch(
  model: CausalLM,
  prompts: readonly Int32Array[],
  begin: number,
  settings: Settings,
): Generator<GeneratedToken, void, undefined> {
  const device = model.head.weight.value.device;
  const cache = new KeyValueCache(prompts.map(({ length }) => length));
  const { samples } = settings;
  // [B]: which prompt each row answers
  const asked = prompts.flatMap((_, i) => new Array<number>(samples).fill(i));
  let rows = asked.map((i, row) => openRow(prompts[i] ?? new Int32Array(), begin * samples + row, model, settings));
  try {
    let ids = compute(() => {
      const inputs = prompts.flatMap((prompt) => Array.from(prompt));
      const ends = lastOf(prompts);
      const last = asked.map((i) => ends[i] ?? 0);
      const first = nextIds(model, inputs, prefillContext(cache, device), rows, settings, last);
      cache.keepRows(asked);
      return first;
    });
    for (;;) {
      const going: number[] = [];
      for (const [i, row] of rows.entries()) {
        const id = ids[i] ?? 0;
        row.length++;
        row.seen.add(id);
        const stop = reasonOf(row, id, settings);
        if (stop === undefined) going.push(i);
        yield { row: row.row, id, stop };
      }
      if (going.length === 0) return;
      rows = rows.filter((_, i) => going.includes(i));
      const last = going.map((i) => ids[i] ?? 0);
      ids = compute(() => {
        cache.keepRows(going);
        cache.reserve();
        const next = nextIds(model, last, new DecodeContext(cache, device), rows, settings);
        cache.advance();
        return next;
      });
    }
  } finally {
    cache.dispose();
  }
}

/** Runs the token row through the model and chooses each row's next token from the hidden states at `last`, or all. */
function nextIds(
  model: CausalLM,
  inputs: readonly number[],
  context: AttentionContext,
  rows: readonly Row[],
  settings: Settings,
  last?: readonly number[],
): Int32Array {
  const { device } = context.positions;
  const hidden = model.hidden(fromIndices(inputs).toDevice(device, 'int64'), context);
  const ends = last === undefined ? hidden : hidden.indexSelect(0, fromIndices(last).toDevice(device, 'int64'));
  return choose(logits(ends, model.head), rows, settings);
}

/** `scores [B, V]` fp32 -> a token id a row. */
function choose(scores: Tensor, rows: readonly Row[], settings: Settings): Int32Array {
  if (!toFloat32Array(scores.amax({ dim: 1 })).every(Number.isFinite)) throw notFinite();
  if (isPlainGreedy(settings)) return toInt32Array(scores.argmax({ dim: 1 }));
  if (isPlainDraw(settings)) {
    const at = rows.map(({ stream, length }) => uniform(settings.seed, stream, length));
    return drawIds(scores, settings.temperature, at);
  }
  const all = toFloat32Array(scores);
  const width = scores.size(1);
  return Int32Array.from(rows, ({ stream, length, seen }, i) =>
    sample(all.subarray(i * width, (i + 1) * width), settings, { row: stream, position: length, seen }),
  );
}

function openRow(ids: Int32Array, row: number, model: CausalLM, settings: Settings): Row {
  return {
    row,
    stream: settings.streams?.[row] ?? row,
    seen: new Set(ids),
    // the last token needs no position: nothing comes after it
    maxTokens: Math.min(settings.maxTokens, model.sizes.positions - ids.length + 1),
    length: 0,
  };
}

function reasonOf(row: Row, id: number, { endIds, stopsAfter }: Settings): StopReason | undefined {
  const stop = stopReason(id, row.length, { endIds, maxTokens: row.maxTokens });
  if (stop === 'end') return stop;
  return stopsAfter?.(row.row, id) ? 'stop string' : stop;
}

/** Index of each prompt's last token when they lie end to end. */
function lastOf(prompts: readonly Int32Array[]): number[] {
  let end = 0;
  return prompts.map(({ length }) => {
    end += length;
    return end - 1;
  });
}

function checkLength(row: number, length: number, positions: number): void {
  if (length === 0) throw new OrpoError('data', `Prompt ${row + 1} has no tokens.`, 'Give it at least the BOS token.');
  if (length > positions)
    throw new OrpoError(
      'data',
      `Prompt ${row + 1} has ${length} tokens, the model takes ${positions}.`,
      'Shorten it, or use a model with a longer context.',
    );
}

/** Tensors that `body` makes are freed; the cache keeps its own. */
function compute(body: () => Int32Array): Int32Array {
  return noGrad(() => scope(body));
}
