import { z } from 'zod';
import { OrpoError } from '../errors.js';
import { filterConfig } from './filters/config.js';
import { mappable } from './schemas/columns.js';

const path = z.string().min(1);

/** The `data` part of a configuration. */
export const dataConfig = z
  .strictObject({
    train: z.union([path, z.array(path).min(1)]).describe('Data file or files to train on'),
    eval: path.optional().describe('Data file to evaluate on, or a share of the training rows such as 5%'),
    maxLength: z.int().min(8).default(1024).describe('Most tokens of a prompt and one response together'),
    truncation: z
      .enum(['trunk', 'drop'])
      .default('trunk')
      .describe('A prompt that leaves too little room is cut from its start (trunk) or its row dropped (drop)'),
    minResponse: z
      .int()
      .min(1)
      .optional()
      .describe('Tokens a prompt must leave to a response that needs them; default a quarter of maxLength'),
    columns: z
      .partialRecord(z.enum(mappable), z.string().min(1))
      .optional()
      .describe('Columns of other names: {prompt: question}'),
    chatTemplate: z.boolean().default(true).describe("Use the model's chat template, if it has one"),
    onMalformed: z.enum(['stop', 'drop']).default('stop').describe('What to do with a row that cannot be read'),
    dropDuplicates: z.boolean().default(false).describe('Drop rows that repeat an earlier one'),
    filters: filterConfig.optional().describe('Which rows not to use'),
    stream: z
      .boolean()
      .optional()
      .describe('Read the rows of .jsonl training files as they are needed instead of all at the start'),
  })
  .refine((data) => data.minResponse === undefined || data.minResponse < data.maxLength, {
    path: ['minResponse'],
    error: 'must be smaller than maxLength',
  })
  .refine(({ stream, filters }) => stream !== true || filters === undefined, {
    path: ['filters'],
    error:
      'must be left out with data.stream, which compares no rows; write a cleaned file first (orpo inspect --write)',
  })
  .refine(({ stream, dropDuplicates }) => stream !== true || !dropDuplicates, {
    path: ['dropDuplicates'],
    error:
      'must be left out with data.stream, which remembers no rows; write a cleaned file first (orpo inspect --write)',
  })
  .refine(({ stream, eval: heldOut }) => stream !== true || heldOut === undefined || !heldOut.trim().endsWith('%'), {
    path: ['eval'],
    error: 'must be a file with data.stream, which holds no rows to take a share of',
  });

/** The `data` part with its defaults filled in. */
export type DataConfig = z.output<typeof dataConfig>;

/** The `data` part as people write it. */
export type DataConfigInput = z.input<typeof dataConfig>;

/** What `data.eval` asks for: a share of the training rows, or a file. */
export type EvalSource = { readonly share: number } | { readonly file: string } | undefined;

/** Reads `data.eval`. @throws OrpoError `config` for a share that is not above 0% and at most 90%. */
export function evalSource(value: string | undefined): EvalSource {
  if (value === undefined) return undefined;
  const percent = /^\s*(-?\d+(?:\.\d+)?)\s*%\s*$/.exec(value)?.[1];
  if (percent === undefined) return { file: value };
  const share = Number(percent) / 100;
  if (share > 0 && share <= 0.9) return { share };
  throw new OrpoError('config', `data.eval is ${value.trim()}.`, 'Give a share above 0% and at most 90%, such as 5%.');
}

/** Tokens a prompt must leave to a response that needs them. */
export function minResponseOf(config: Pick<DataConfig, 'maxLength' | 'minResponse'>): number {
  return config.minResponse ?? Math.max(1, Math.floor(config.maxLength / 4));
}
