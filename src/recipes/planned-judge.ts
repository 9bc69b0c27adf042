import { existsSync } from 'node:fs';
import { OrpoError } from '../errors.js';
import type { Stage } from './stage.js';

/** What judges or rewards in a stage. */
export interface PlannedJudge {
  readonly name: string;
  readonly module?: string;
}

export function judgeOf(stage: Stage): PlannedJudge | undefined {
  if (stage.kind === 'answers') return undefined;
  const judge =
    stage.kind === 'feedback' ? stage.config.judge : 'reward' in stage.config ? stage.config.reward : undefined;
  if (judge === undefined) return undefined;
  if (typeof judge === 'string') return { name: judge, module: judge };
  if (judge.kind === 'rule') return { name: judge.module, module: judge.module };
  if (judge.kind === 'endpoint') return { name: `${judge.model} at ${judge.url}` };
  return { name: judge.adapter ?? judge.model };
}

/** @throws OrpoError `file` when a rule's module is not there */
export function requireModule(judge: PlannedJudge | undefined): void {
  if (judge?.module === undefined || existsSync(judge.module)) return;
  throw new OrpoError('file', `${judge.module} does not exist.`, 'Check the path of the rule.');
}
