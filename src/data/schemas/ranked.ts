import { ranking } from '../make-record.js';
import { readSide } from '../read-side.js';
import type { Side } from '../records.js';
import { isObject } from '../sources/parse-object.js';
import { RowProblem } from '../sources/source-row.js';
import type { Schema } from './schema.js';

const promptKeys = ['prompt', 'instruction', 'question'];
const listKeys = ['responses', 'completions', 'answers', 'outputs'];
const textKeys = ['response', 'completion', 'text', 'content', 'answer', 'output'];
/** Higher is better. */
const scoreKeys = ['scores', 'ratings', 'rewards'];
const innerScoreKeys = ['score', 'rating', 'reward', 'overall_score'];
/** `ranks`: the place of each response, 1 the best; `order`: indices of the responses, the best first. */
const HINT = 'Give "scores" (higher is better), "ranks" (1 is best) or "order" (indices, best first), one a response.';

/** Several responses to one prompt with scores, ranks or an order. */
export const ranked: Schema = {
  name: 'ranked',
  keys: '{prompt, responses, scores | ranks | order}',
  kind: 'ranked',
  matches: (keys, row) => promptKeys.some((key) => keys.has(key)) && listKeys.some((key) => Array.isArray(row[key])),
  read: (row) => {
    const listKey = firstOf(row, listKeys) ?? 'responses';
    const list = row[listKey];
    if (!Array.isArray(list) || list.length < 2)
      throw new RowProblem(`"${listKey}" is not a list of at least two responses.`, `Each row needs ${ranked.keys}.`);
    const responses = list.map((item: unknown, at): Side => {
      const place = `${listKey}[${at}]`;
      if (!isObject(item) || 'role' in item || 'from' in item) return readSide({ [place]: item }, place);
      const key = firstOf(item, textKeys);
      if (key === undefined) throw new RowProblem(`"${place}" has no text.`, 'Give it as {"text": "…", "score": 1}.');
      return readSide({ [`${place}.${key}`]: item[key] }, `${place}.${key}`);
    });
    return ranking(readSide(row, firstOf(row, promptKeys) ?? 'prompt'), responses, readGrades(row, list));
  },
};

/** How good each response is, in the order of the row. */
function readGrades(row: Record<string, unknown>, list: readonly unknown[]): number[] {
  const key = firstOf(row, [...scoreKeys, 'ranks', 'order']);
  if (key === undefined)
    return list.map((item, at) => {
      const inner = isObject(item) ? firstOf(item, innerScoreKeys) : undefined;
      if (!isObject(item) || inner === undefined) throw new RowProblem(`response ${at} has no score.`, HINT);
      return finite(item[inner], inner);
    });
  const values = row[key];
  if (!Array.isArray(values) || values.length !== list.length)
    throw new RowProblem(`"${key}" does not hold one number a response.`, HINT);
  const numbers = values.map((value: unknown) => finite(value, key));
  if (key === 'ranks') return numbers.map((rank) => -rank);
  if (key !== 'order') return numbers;
  const places = list.map((_, at) => numbers.indexOf(at));
  if (places.includes(-1)) throw new RowProblem(`"order" does not name every response from 0 on once.`, HINT);
  return places.map((place) => -place);
}

function finite(value: unknown, key: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new RowProblem(`"${key}" holds ${JSON.stringify(value)}, which is not a number.`, HINT);
}

function firstOf(row: Record<string, unknown>, keys: readonly string[]): string | undefined {
  return keys.find((key) => row[key] !== undefined && row[key] !== null);
}
