import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { logits } from '../nn/token-log-probs.js';
import { fromIndices, noGrad, scope, type Tensor, toFloat32Array, toInt32Array } from '../torch/index.js';
import { DecodeContext, prefillContext } from './cached-attention.js';
import { type GenerateOptions, type GenerateOptionsInput, parseGenerateOptions } from './config.js';
import { drawIds } from './draw-ids.js';
import { KeyValueCache } from './key-value-cache.js';
import { layPrompts } from './prompt-layout.js';
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
  readonly slot: number;
  readonly seen: Set<number>;
  readonly maxTokens: number;
  length: number;
  /** The newest token. */
  last: number;
}

/**
 * Answers prompts (token ids): up to `batch` responses at a time, one token each in turn; where one ends, the next prompt
 * takes its place. A response also ends with the reason `length` where the model's positions do. No gradients, and nothing
 * is left behind, also when the consumer stops early by leaving a `for … of` loop or calling `return`.
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
  const cache = new KeyValueCache(Math.min(Math.max(settings.batch, samples), prompts.length * samples));
  const waiting = [...prompts.entries()];
  let going: Row[] = [];
  try {
    while (going.length > 0 || waiting.length > 0) {
      const joining = waiting.splice(0, Math.floor(cache.free / samples));
      const stepped =
        joining.length > 0 ? prefill(model, joining, cache, settings) : decode(model, going, cache, settings);
      const resting = joining.length > 0 ? going : [];
      going = [...resting];
      for (const row of stepped) {
        const stop = reasonOf(row, row.last, settings);
        if (stop === undefined) going.push(row);
        else cache.leave(row.slot);
        yield { row: row.row, id: row.last, stop };
      }
    }
  } finally {
    cache.dispose();
  }
}

/** Computes prompts, each once for all its responses, and chooses the first token of every response. */
function prefill(
  model: CausalLM,
  prompts: readonly (readonly [index: number, ids: Int32Array])[],
  cache: KeyValueCache,
  settings: Settings,
): Row[] {
  const { samples } = settings;
  const slots = prompts.map(([, ids]) => cache.admit(ids.length, samples));
  const rows = prompts.flatMap(([index, ids], i) =>
    (slots[i] ?? []).map((slot, sample) => openRow(ids, index * samples + sample, slot, model, settings)),
  );
  const layout = layPrompts(prompts.map(([, ids]) => ids));
  const { device } = model.head.weight;
  const ends = layout.ends.flatMap((end) => new Array<number>(samples).fill(end));
  return step(model, rows, settings, () => {
    const hidden = model.hidden(fromIndices(layout.ids, device), prefillContext(cache, layout, slots, device));
    return hidden.indexSelect(0, fromIndices(ends, device));
  });
}

/** Chooses the next token of each row. */
function decode(model: CausalLM, rows: readonly Row[], cache: KeyValueCache, settings: Settings): Row[] {
  const slots = rows.map(({ slot }) => slot);
  const ids = rows.map(({ last }) => last);
  const { device } = model.head.weight;
  return step(model, rows, settings, () => {
    cache.reserve(slots);
    const hidden = model.hidden(fromIndices(ids, device), new DecodeContext(cache, slots, device));
    cache.advance(slots);
    return hidden;
  });
}

/** Chooses a token a row from the hidden states `[B, D]` that `compute` returns; all other tensors are freed. */
function step(model: CausalLM, rows: readonly Row[], settings: Settings, compute: () => Tensor): Row[] {
  const ids = noGrad(() => scope(() => choose(logits(compute(), model.head), rows, settings)));
  return rows.map((row, i) => {
    const id = ids[i] ?? 0;
    row.seen.add(id);
    return Object.assign(row, { length: row.length + 1, last: id });
  });
}

/** `scores [B, V]` fp32 -> a token id a row. */
function choose(scores: Tensor, rows: readonly Row[], settings: Settings): Int32Array {
  const { values: tops, indices } = scores.maxDim(1);
  if (!toFloat32Array(tops).every(Number.isFinite)) throw notFinite();
  if (isPlainGreedy(settings)) return toInt32Array(indices);
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

function openRow(ids: Int32Array, row: number, slot: number, model: CausalLM, settings: Settings): Row {
  return {
    row,
    stream: settings.streams?.[row] ?? row,
    slot,
    seen: new Set(ids),
    // the last token needs no position: nothing comes after it
    maxTokens: Math.min(settings.maxTokens, model.sizes.positions - ids.length + 1),
    length: 0,
    last: 0,
  };
}

function reasonOf(row: Row, id: number, { endIds, stopsAfter }: Settings): StopReason | undefined {
  const stop = stopReason(id, row.length, { endIds, maxTokens: row.maxTokens });
  if (stop === 'end') return stop;
  return stopsAfter?.(row.row, id) ? 'stop string' : stop;
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
