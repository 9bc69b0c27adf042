import type { DropReason } from '../data/accounting.js';
import { createRandom } from '../data/random.js';
import { readSide } from '../data/read-side.js';
import { plainText, responsesOf, type Side } from '../data/records.js';
import { alpacaPrompt } from '../data/schemas/alpaca-prompt.js';
import { applyColumns, type ColumnMap } from '../data/schemas/columns.js';
import { recognise } from '../data/schemas/recognise.js';
import { malformedRow, openSource } from '../data/sources/open-source.js';
import { isObject } from '../data/sources/parse-object.js';
import { RowProblem } from '../data/sources/source-row.js';
import { type Choice, majority } from './agreement.js';
import { randomStreams } from './random-streams.js';

/** A prompt with the responses to be judged. */
export interface Candidates {
  readonly prompt: Side;
  /** None empty; at least as many different ones as were asked for. */
  readonly responses: readonly Side[];
  /** Which of two responses each annotator prefers, where the row says it. */
  readonly human: readonly Choice[];
}

/** A row of the input: what is judged, or why it is not. */
export type CandidateRow =
  | ({ readonly row: number } & Candidates)
  | { readonly row: number; readonly dropped: DropReason };

export interface CandidateOptions {
  readonly columns?: ColumnMap | undefined;
  readonly onMalformed: 'stop' | 'drop';
  /** Different responses a row must have. */
  readonly least: number;
  /** Columns that say what people prefer. */
  readonly human?: readonly string[] | undefined;
  /** Decides which response of a labelled pair is the first, so that its place tells nothing. */
  readonly seed: number;
}

const listKeys = ['responses', 'completions', 'answers', 'outputs'];
const textKeys = ['response', 'completion', 'text', 'content', 'answer', 'output'];
const numbered = /^(?:response|completion|answer|output)[ _-]?(?:[1-9]\d?|[a-h])$/i;
const promptKeys = ['prompt', 'question'];

/**
 * The rows of a data file as prompts with responses: a list of responses, columns such as `response1` and `response2`, or
 * any form that training reads. A pair with `chosen` and `rejected` says what people prefer by that.
 *
 * @throws OrpoError `data` naming file and row at the first malformed row, unless `onMalformed` is `drop`
 */
export async function* readCandidates(path: string, options: CandidateOptions): AsyncGenerator<CandidateRow> {
  const source = await openSource(path);
  for await (const item of source.rows) {
    const { row } = item;
    try {
      if ('problem' in item) throw item.problem;
      yield { row, ...candidatesOf(applyColumns(item.value, options.columns), row, options) };
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      if (options.onMalformed === 'stop') throw malformedRow(source, row, error);
      yield { row, dropped: 'malformed' };
    }
  }
}

/** The responses that can be judged, or why they cannot. */
export function usable(found: Candidates, least: number): Candidates | { readonly dropped: DropReason } {
  const filled = found.responses.filter((response) => plainText(response).trim() !== '');
  const different = new Set(filled.map((response) => JSON.stringify(response))).size;
  if (different >= least) {
    // what people said of two responses means nothing once one of them is gone
    return { ...found, responses: filled, human: filled.length === found.responses.length ? found.human : [] };
  }
  return { dropped: filled.length < found.responses.length ? 'empty response' : 'equal responses' };
}

function candidatesOf(
  row: Record<string, unknown>,
  number: number,
  options: CandidateOptions,
): Candidates | { readonly dropped: DropReason } {
  const human = options.human?.map((column) => choiceIn(row, column));
  const own = listedResponses(row) ?? numberedResponses(row);
  if (own !== undefined) {
    if (own.length < options.least) throw tooFew(own.length);
    return usable({ prompt: promptOf(row), responses: own, human: human ?? [] }, options.least);
  }
  const record = recognise(row).read(row);
  if (record.kind === 'unusable') return { dropped: record.reason };
  const responses = responsesOf(record);
  if (responses.length < options.least) throw tooFew(responses.length);
  const { prompt } = record;
  if (record.kind !== 'preference' || human !== undefined) {
    return usable({ prompt, responses, human: human ?? [] }, options.least);
  }
  const turned = createRandom(options.seed, randomStreams.order, number).below(2) === 1;
  return usable(
    turned
      ? { prompt, responses: [record.rejected, record.chosen], human: ['second'] }
      : { prompt, responses, human: ['first'] },
    options.least,
  );
}

/** The prompt of a row that is none of the data's own forms. @throws RowProblem when there is none */
export function promptOf(row: Record<string, unknown>): Side {
  if (row.instruction !== undefined && row.instruction !== null) return alpacaPrompt(row);
  const key = promptKeys.find((name) => row[name] !== undefined && row[name] !== null);
  if (key !== undefined) return readSide(row, key);
  throw new RowProblem('the row has no prompt.', 'Give it as "prompt", "question" or "instruction".');
}

function listedResponses(row: Record<string, unknown>): Side[] | undefined {
  const key = listKeys.find((name) => Array.isArray(row[name]));
  const list = key === undefined ? undefined : row[key];
  if (key === undefined || !Array.isArray(list)) return undefined;
  return list.map((item: unknown, at): Side => {
    const place = `${key}[${at}]`;
    const inner = isObject(item) && !('role' in item) ? textKeys.find((name) => item[name] !== undefined) : undefined;
    const value: unknown = isObject(item) && inner !== undefined ? item[inner] : item;
    return readSide({ [place]: value }, place);
  });
}

function numberedResponses(row: Record<string, unknown>): Side[] | undefined {
  const keys = Object.keys(row).filter((key) => numbered.test(key) && row[key] !== null);
  if (keys.length < 2) return undefined;
  return keys.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).map((key) => readSide(row, key));
}

const choices: ReadonlyMap<unknown, Choice> = new Map<unknown, Choice>([
  [0, 'tie'],
  [1, 'first'],
  [2, 'second'],
]);

function choiceIn(row: Record<string, unknown>, column: string): Choice {
  const value = row[column];
  const choice = choices.get(typeof value === 'string' && /^\s*[012]\s*$/.test(value) ? Number(value) : value);
  if (choice !== undefined) return choice;
  throw new RowProblem(`"${column}" is ${JSON.stringify(value)}.`, 'It must be 1, 2, or 0 for a tie.');
}

/** The choice of the people behind a row, where they have one. */
export function humanChoice({ human, responses }: Candidates): Choice | undefined {
  return human.length === 0 || responses.length !== 2 ? undefined : majority(human);
}

function tooFew(count: number): RowProblem {
  return new RowProblem(
    `the row has ${count === 1 ? 'one response' : `${count} responses`}, and two or more are compared.`,
    'Give more responses, or use task: scores.',
  );
}
