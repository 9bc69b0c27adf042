import { readSide } from '../../data/read-side.js';
import { plainText, type Side } from '../../data/records.js';
import { malformedRow, openSource } from '../../data/sources/open-source.js';
import { RowProblem } from '../../data/sources/source-row.js';
import { OrpoError } from '../../errors.js';

/** Answers that were written before. */
export interface AnswersFile {
  readonly path: string;
  /** Prompts in the order in which they come up first. */
  readonly prompts: readonly { readonly row: number; readonly prompt: Side }[];
  /** All answers to a prompt, by its plain text, in their order: rows that repeat a prompt are samples. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads answers as AlpacaEval's `model_outputs.json` has them (`instruction`, `output`), or rows with `prompt` (text or
 * messages) and `response`. An empty answer is an answer; one that is absent or null is an error.
 *
 * @throws OrpoError `data` naming file, row and key
 */
export async function readAnswersFile(path: string): Promise<AnswersFile> {
  const answers = new Map<string, string[]>();
  const prompts: { row: number; prompt: Side }[] = [];
  const source = await openSource(path);
  for await (const item of source.rows) {
    try {
      if ('problem' in item) throw item.problem;
      const { value, row } = item;
      const alpaca = value.instruction !== undefined;
      const prompt = readSide(value, alpaca ? 'instruction' : 'prompt');
      const written = value[alpaca ? 'output' : 'response'];
      // what a model wrote may hold anything; it is judged and shown, not trained on
      const answer = typeof written === 'string' ? written : plainText(readSide(value, alpaca ? 'output' : 'response'));
      const key = plainText(prompt);
      const known = answers.get(key);
      if (known !== undefined) known.push(answer);
      else {
        answers.set(key, [answer]);
        prompts.push({ row, prompt });
      }
    } catch (error) {
      if (error instanceof RowProblem) throw malformedRow(source, item.row, error);
      throw error;
    }
  }
  if (prompts.length === 0) throw new OrpoError('data', `${path} has no rows.`, 'Name a file with answers.');
  return { path, prompts, answers };
}
