import { extname, join } from 'node:path';
import { OrpoError } from '../errors.js';
import { align, supervise } from './align.js';
import type { RlaifConfig } from './config.js';
import { ownFile, type StageList } from './stage-list.js';

/** From prompts alone: responses are drawn, a judge compares them, and its choices are learnt from (arXiv 2309.00267). */
export function rlaif(list: StageList, config: RlaifConfig, origin: string): void {
  const { data, sft, feedback, policy } = config;
  if (sft !== false && data.demonstrations === undefined)
    throw new OrpoError('config', `${origin}: "data.demonstrations" is missing.`, 'The supervised stage needs them.');
  if (policy.reward !== undefined)
    throw new OrpoError(
      'config',
      `${origin}: "policy.reward" makes all stages before it needless.`,
      `Leave it out, or train with method: ${policy.method ?? 'ppo'} and that reward alone.`,
    );
  const model = supervise(list, config);
  const sample = { model, ...feedback.sample };
  const judged = list.feedback('feedback', { task: 'pairs', prompts: data.prompts }, { ...feedback, sample });
  const { task, output } = judged.config;
  if (task === 'scores')
    throw new OrpoError(
      'config',
      `${origin}: "feedback.task" is scores, from which no preference is learnt.`,
      'Use pairs, rankings or revisions.',
    );
  const pairs = { train: join(output, `${task}.jsonl`), ...ownFile };
  // training reads no plain text: the prompts come back with their pairs
  const prompts = extname(data.prompts).toLowerCase() === '.txt' ? pairs : { train: data.prompts };
  align(list, config, { model, pairs, prompts, origin });
}
