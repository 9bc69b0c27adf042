import { readSide } from '../../data/read-side.js';
import { plainText } from '../../data/records.js';
import { malformedRow, openSource } from '../../data/sources/open-source.js';
import { RowProblem } from '../../data/sources/source-row.js';

/**
 * How hard prompts are, by their plain text: rows with a `prompt` or an `instruction`, and a `difficulty`, as AlpacaEval
 * fits one a prompt for its length-controlled win rate (arXiv 2404.04475).
 *
 * @throws OrpoError `data` naming file, row and key
 */
export async function readDifficulties(path: string): Promise<ReadonlyMap<string, number>> {
  const difficulties = new Map<string, number>();
  const source = await openSource(path);
  for await (const item of source.rows) {
    try {
      if ('problem' in item) throw item.problem;
      const { value } = item;
      const prompt = plainText(readSide(value, value.instruction === undefined ? 'prompt' : 'instruction'));
      const difficulty = Number(value.difficulty ?? Number.NaN);
      if (!Number.isFinite(difficulty))
        throw new RowProblem('"difficulty" is not a number.', 'Each row needs a prompt and its "difficulty".');
      difficulties.set(prompt, difficulty);
    } catch (error) {
      if (error instanceof RowProblem) throw malformedRow(source, item.row, error);
      throw error;
    }
  }
  return difficulties;
}
