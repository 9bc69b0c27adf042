import { OrpoError } from '../errors.js';
import type { DataRecord, Labelled, Ranked, Side, Unusable } from './records.js';
import { unusable } from './records.js';
import type { Schema } from './schemas/schema.js';

/** What a method learns from: one response, a pair, single responses with a label, several in order, or a prompt alone. */
export type DataShape = 'text' | 'pair' | 'labelled' | 'ranked' | 'prompt';

/** The kind of record that needs no conversion for a shape. */
export const ownKinds = {
  text: 'demonstration',
  pair: 'preference',
  labelled: 'labelled',
  ranked: 'ranked',
  prompt: 'prompt',
} as const satisfies Record<DataShape, DataRecord['kind']>;

/** One tree to be: a prompt with its responses, and a label or grades where the shape has them. */
export interface Seedling {
  readonly prompt: Side;
  readonly responses: readonly Side[];
  readonly label?: boolean;
  readonly grades?: readonly number[];
  readonly confidence?: number;
  readonly margin?: number;
}

/**
 * A record in the shape a method needs. Pairs and rankings give their best response to `text`, liked responses give
 * themselves. A pair is a ranking of two, and a liked and a disliked response. A ranking gives all pairs of which one
 * response is better, and to `labelled` those above and those below its mean grade. Labelled responses make pairs and
 * rankings together with others: `joinLabelled`.
 */
export function shapeRecord(record: DataRecord, shape: DataShape): readonly Seedling[] | Unusable {
  const { prompt } = record;
  if (shape === 'prompt') return [{ prompt, responses: [] }];
  if (record.kind === 'prompt') return unusable('no response');
  if (record.kind === 'ranked') return shapeRanked(record, shape);
  if (record.kind === 'preference') {
    const { chosen, rejected, confidence, margin } = record;
    if (shape === 'text') return [{ prompt, responses: [chosen] }];
    const known = { ...(confidence === undefined ? {} : { confidence }), ...(margin === undefined ? {} : { margin }) };
    if (shape === 'pair') return [{ prompt, responses: [chosen, rejected], ...known }];
    if (shape === 'ranked') return [{ prompt, responses: [chosen, rejected], grades: [1, 0], ...known }];
    return [
      { prompt, responses: [chosen], label: true },
      { prompt, responses: [rejected], label: false },
    ];
  }
  const responses = [record.response];
  if (record.kind === 'demonstration' || shape !== 'labelled') {
    return record.kind === 'labelled' && !record.label ? unusable('disliked response') : [{ prompt, responses }];
  }
  return [{ prompt, responses, label: record.label }];
}

function shapeRanked(
  { prompt, responses, grades }: Ranked,
  shape: Exclude<DataShape, 'prompt'>,
): readonly Seedling[] | Unusable {
  if (shape === 'text') return [{ prompt, responses: responses.slice(0, 1) }];
  if (new Set(grades).size === 1) return unusable('only ties');
  if (shape === 'ranked') return [{ prompt, responses, grades }];
  const graded = responses.map((response, at) => ({ response, grade: grades[at] ?? 0 }));
  if (shape === 'pair')
    return graded.flatMap((better) =>
      graded
        .filter((worse) => better.grade > worse.grade)
        .map((worse) => ({ prompt, responses: [better.response, worse.response] })),
    );
  const mean = grades.reduce((sum, grade) => sum + grade, 0) / grades.length;
  return graded
    .filter(({ grade }) => grade !== mean)
    .map(({ response, grade }) => ({ prompt, responses: [response], label: grade > mean }));
}

/** Labelled responses to one prompt as pairs or as a ranking, and the places of those that found no counterpart. */
export function joinLabelled(
  records: readonly Labelled[],
  shape: 'pair' | 'ranked',
): {
  readonly seedlings: readonly (Seedling & { readonly of: readonly number[] })[];
  readonly alone: readonly number[];
} {
  const places = records.map((_, at) => at);
  const liked = places.filter((at) => records[at]?.label === true);
  const disliked = places.filter((at) => records[at]?.label === false);
  const prompt = records[0]?.prompt ?? '';
  const responsesAt = (of: readonly number[]): Side[] => of.map((at) => records[at]?.response ?? '');
  const couples = Math.min(liked.length, disliked.length);
  if (couples === 0) return { seedlings: [], alone: places };
  if (shape === 'ranked') {
    const of = [...liked, ...disliked];
    const grades = of.map((_, place) => (place < liked.length ? 1 : 0));
    return { seedlings: [{ prompt, responses: responsesAt(of), grades, of }], alone: [] };
  }
  const seedlings = liked.slice(0, couples).flatMap((better, at) => {
    const of = [better, ...disliked.slice(at, at + 1)];
    return [{ prompt, responses: responsesAt(of), of }];
  });
  return { seedlings, alone: [...liked.slice(couples), ...disliked.slice(couples)] };
}

/** @throws OrpoError `data` when rows of a schema cannot take a shape. */
export function requireShape(path: string, schema: Schema, shape: DataShape): void {
  if (shape === 'prompt') return;
  if (schema.kind !== 'prompt' && (shape === 'text' || schema.kind !== 'demonstration')) return;
  const needed = {
    text: 'prompts with responses',
    pair: 'pairs of a chosen and a rejected response',
    labelled: 'responses with a label, or pairs',
    ranked: 'several responses a prompt in order, or pairs',
  }[shape];
  throw new OrpoError(
    'data',
    `${path} holds ${schema.keys} rows, but this method learns from ${needed}.`,
    schema.kind === 'prompt'
      ? 'Give data of that kind, or let the model answer these prompts with a method such as ppo or grpo.'
      : 'Give data of that kind, or train on this file with method: sft.',
  );
}
