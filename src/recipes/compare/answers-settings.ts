import { join } from 'node:path';
import { OrpoError } from '../../errors.js';
import { type CompareConfig as AnswersConfig, parseCompareConfig } from '../../evaluation/comparison/config.js';
import type { CompareConfig } from './config.js';

/** Folder of the report on answers, within the recipe's. */
export const ANSWERS = 'answers';
/** What the recipe says itself. */
const OWN = ['systems', 'prompts', 'pairs', 'reference', 'output'] as const;

/** What a judge says of the answers to the test prompts. */
export interface AnswersVerdict {
  /** Folder of the report, within the recipe's. */
  readonly folder: string;
  readonly sentence: string;
}

/**
 * How answers to the test prompts are compared: as the section says.
 *
 * @param origin what errors call the configuration
 * @throws OrpoError `config` naming the key
 */
export function answersSettings(
  { answers, output, data, training }: CompareConfig,
  systems: AnswersConfig['systems'],
  origin: string,
): AnswersConfig | undefined {
  if (answers === undefined) return undefined;
  const key = OWN.find((name) => Object.hasOwn(answers, name));
  if (key !== undefined)
    throw new OrpoError(
      'config',
      `${origin}: "answers.${key}" is what the recipe says itself.`,
      'The best of each method answers the prompts of the test part; leave the key out.',
    );
  const { columns, onMalformed, maxLength } = data;
  const { seed } = training;
  return parseCompareConfig(
    {
      metrics: ['win-rate', 'rewards', 'diversity'],
      ...{ columns, onMalformed, maxLength, seed },
      ...answers,
      systems,
      prompts: join(output, 'data', 'test.jsonl'),
      output: join(output, ANSWERS),
    },
    `${origin}, answers`,
  );
}
