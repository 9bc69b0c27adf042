import { OrpoError } from '../errors.js';
import type { DataRecord, Side, Unusable } from './records.js';
import { unusable } from './records.js';
import type { Schema } from './schemas/schema.js';

/** What a method learns from: one response, a pair, or single responses with a label. */
export type DataShape = 'text' | 'pair' | 'labelled';

/** One tree to be: a prompt with its responses, and a label where the shape has one. */
export interface Seedling {
  readonly prompt: Side;
  readonly responses: readonly Side[];
  readonly label?: boolean;
}

/**
 * A record in the shape a method needs. Pairs give their chosen side to `text` and two responses to `labelled`;
 * liked responses give themselves to `text`.
 */
export function shapeRecord(record: DataRecord, shape: DataShape): readonly Seedling[] | Unusable {
  const { prompt } = record;
  if (record.kind === 'preference') {
    if (shape === 'text') return [{ prompt, responses: [record.chosen] }];
    if (shape === 'pair') return [{ prompt, responses: [record.chosen, record.rejected] }];
    return [
      { prompt, responses: [record.chosen], label: true },
      { prompt, responses: [record.rejected], label: false },
    ];
  }
  const responses = [record.response];
  if (record.kind === 'demonstration' || shape !== 'labelled') {
    return record.kind === 'labelled' && !record.label ? unusable('disliked response') : [{ prompt, responses }];
  }
  return [{ prompt, responses, label: record.label }];
}

/** @throws OrpoError `data` when rows of a schema cannot take a shape. */
export function requireShape(path: string, schema: Schema, shape: DataShape): void {
  const fits = shape === 'text' || schema.kind === 'preference' || (shape === 'labelled' && schema.kind === 'labelled');
  if (fits) return;
  const needed = shape === 'pair' ? 'pairs of a chosen and a rejected response' : 'responses with a label, or pairs';
  throw new OrpoError(
    'data',
    `${path} holds ${schema.keys} rows, but this method learns from ${needed}.`,
    'Give data of that kind, or train on this file with method: sft.',
  );
}
