import { readRows } from '../../data/sources/open-source.js';
import { OrpoError } from '../../errors.js';
import { writeJson } from '../../files/json-file.js';
import { textOf } from './row-fields.js';

/** One system's answer to one prompt, as a row of AlpacaEval's `model_outputs.json`. */
export interface Answer {
  readonly instruction: string;
  readonly output: string;
  /** Who wrote it. */
  readonly generator: string;
  readonly dataset?: string | undefined;
}

/** The answers of a file; row `i + 1` of it is `answers[i]`. */
export interface AnswerFile {
  readonly path: string;
  readonly answers: readonly Answer[];
}

/**
 * Reads `model_outputs.json`: rows with `instruction`, `output`, `generator` and perhaps `dataset`. An empty answer is
 * an answer; one that is absent or null is an error.
 *
 * @throws OrpoError `data` naming file, row and key
 */
export async function readAnswers(path: string): Promise<AnswerFile> {
  const answers: Answer[] = [];
  for await (const { row, value } of readRows(path)) {
    const { dataset } = value;
    answers.push({
      instruction: textOf(value, 'instruction', path, row),
      output: textOf(value, 'output', path, row),
      generator: textOf(value, 'generator', path, row),
      ...(typeof dataset === 'string' ? { dataset } : {}),
    });
  }
  if (answers.length === 0) throw new OrpoError('data', `${path} has no rows.`, 'Name a file with answers.');
  return { path, answers };
}

/** Writes answers as AlpacaEval's `model_outputs.json`. @throws OrpoError `disk` */
export function writeAnswers(path: string, answers: readonly Answer[]): void {
  writeJson(
    path,
    answers.map(({ dataset, instruction, output, generator }) => ({
      ...(dataset === undefined ? {} : { dataset }),
      instruction,
      output,
      generator,
    })),
  );
}

/** Answers of two systems to the same prompts, and how many prompts only one of them answered. */
export interface PairedAnswers {
  readonly pairs: readonly { readonly baseline: Answer; readonly model: Answer }[];
  readonly onlyBaseline: number;
  readonly onlyModel: number;
}

/**
 * Pairs the answers of two files by their instruction, in the baseline's order. An instruction that occurs more than
 * once is paired by its first, second and later occurrence.
 *
 * @param onMissing `stop` at a prompt that one file alone has, or leave such prompts out and count them
 * @throws OrpoError `data` naming file and row of such a prompt, or when the files share none
 */
export function pairAnswers(baseline: AnswerFile, model: AnswerFile, onMissing: 'stop' | 'drop'): PairedAnswers {
  const [ofBaseline, ofModel] = [byPrompt(baseline), byPrompt(model)];
  if (onMissing === 'stop') {
    checkAnswered(ofBaseline, baseline, ofModel, model);
    checkAnswered(ofModel, model, ofBaseline, baseline);
  }
  const pairs = [...ofBaseline].flatMap(([key, { answer }]) => {
    const own = ofModel.get(key);
    return own === undefined ? [] : [{ baseline: answer, model: own.answer }];
  });
  if (pairs.length === 0) {
    throw new OrpoError(
      'data',
      `${model.path} and ${baseline.path} have no prompt in common.`,
      'Let both systems answer the same prompts.',
    );
  }
  return { pairs, onlyBaseline: ofBaseline.size - pairs.length, onlyModel: ofModel.size - pairs.length };
}

type Prompts = ReadonlyMap<string, { readonly answer: Answer; readonly row: number }>;

function byPrompt({ answers }: AnswerFile): Prompts {
  const found = new Map<string, { answer: Answer; row: number }>();
  const seen = new Map<string, number>();
  for (const [at, answer] of answers.entries()) {
    const occurrence = seen.get(answer.instruction) ?? 0;
    seen.set(answer.instruction, occurrence + 1);
    found.set(`${occurrence} ${answer.instruction}`, { answer, row: at + 1 });
  }
  return found;
}

function checkAnswered(asked: Prompts, from: AnswerFile, answered: Prompts, by: AnswerFile): void {
  const missing = [...asked].filter(([key]) => !answered.has(key));
  const [first] = missing;
  if (first === undefined) return;
  const { row, answer } = first[1];
  const others = missing.length === 1 ? '' : ` and to ${missing.length - 1} more`;
  throw new OrpoError(
    'data',
    `${by.path} has no answer to row ${row} of ${from.path} (${JSON.stringify(answer.instruction.slice(0, 60))})${others}.`,
    'Let both systems answer the same prompts, or leave out what one of them lacks.',
  );
}
