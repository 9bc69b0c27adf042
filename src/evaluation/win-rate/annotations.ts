import { readRows } from '../../data/sources/open-source.js';
import { OrpoError } from '../../errors.js';
import { writeJson } from '../../files/json-file.js';
import type { Answer } from './answers.js';
import { textOf } from './row-fields.js';

/** A judgement of two answers to one prompt. */
export interface Annotation {
  readonly instruction: string;
  readonly baseline: Pick<Answer, 'output' | 'generator'>;
  readonly model: Pick<Answer, 'output' | 'generator'>;
  /** How far the model's answer is preferred: 0 the baseline's, 1 the model's, .5 a tie; undefined without a judgement. */
  readonly score: number | undefined;
  readonly annotator?: string | undefined;
  readonly dataset?: string | undefined;
}

/**
 * Reads AlpacaEval's `annotations.json`: rows with `instruction`, `output_1` and `generator_1` of the baseline,
 * `output_2` and `generator_2` of the model, and `preference`: 1 for the baseline, 2 for the model, numbers between
 * them for a judge that weighs, 0 or 1.5 for a tie, null where the judge failed.
 *
 * @throws OrpoError `data` naming file, row and key, for an unknown preference too
 */
export async function readAnnotations(path: string): Promise<Annotation[]> {
  const annotations: Annotation[] = [];
  for await (const { row, value } of readRows(path)) {
    const text = (key: string): string => textOf(value, key, path, row);
    const { annotator, dataset } = value;
    annotations.push({
      instruction: text('instruction'),
      baseline: { output: text('output_1'), generator: text('generator_1') },
      model: { output: text('output_2'), generator: text('generator_2') },
      score: scoreOf(value.preference, path, row),
      ...(typeof annotator === 'string' ? { annotator } : {}),
      ...(typeof dataset === 'string' ? { dataset } : {}),
    });
  }
  if (annotations.length === 0) throw new OrpoError('data', `${path} has no rows.`, 'Name a file with judgements.');
  return annotations;
}

/** Writes `annotations.json` as AlpacaEval reads it; a tie is 1.5. @throws OrpoError `disk` */
export function writeAnnotations(path: string, annotations: readonly Annotation[]): void {
  writeJson(
    path,
    annotations.map(({ instruction, baseline, model, score, annotator, dataset }) => ({
      ...(dataset === undefined ? {} : { dataset }),
      instruction,
      output_1: baseline.output,
      generator_1: baseline.generator,
      output_2: model.output,
      generator_2: model.generator,
      ...(annotator === undefined ? {} : { annotator }),
      preference: score === undefined ? null : 1 + score,
    })),
  );
}

/** A preference of AlpacaEval as a score; undefined for none. */
export function scoreOfPreference(preference: number): number | undefined {
  if (preference === 0) return 0.5;
  return preference >= 1 && preference <= 2 ? preference - 1 : undefined;
}

function scoreOf(preference: unknown, path: string, row: number): number | undefined {
  if (preference === null) return undefined;
  const score = typeof preference === 'number' ? scoreOfPreference(preference) : undefined;
  if (score !== undefined) return score;
  const what = preference === undefined ? 'has no preference' : `has the preference ${JSON.stringify(preference)}`;
  throw new OrpoError(
    'data',
    `${path} row ${row} ${what}.`,
    'It is 1 (output_1 is better), 2 (output_2 is better), between them, 0 or 1.5 (a tie), or null (no judgement).',
  );
}

/** All judgements of one model's answers against one baseline's. */
export interface Contest {
  readonly baseline: string;
  readonly model: string;
  readonly annotations: readonly Annotation[];
}

/** Annotations by the two systems they compare, in the order in which they come up. */
export function contestsOf(annotations: readonly Annotation[]): Contest[] {
  const found = new Map<string, { baseline: string; model: string; annotations: Annotation[] }>();
  for (const annotation of annotations) {
    const [baseline, model] = [annotation.baseline.generator, annotation.model.generator];
    const key = JSON.stringify([baseline, model]);
    const contest = found.get(key) ?? { baseline, model, annotations: [] };
    contest.annotations.push(annotation);
    found.set(key, contest);
  }
  return [...found.values()];
}
