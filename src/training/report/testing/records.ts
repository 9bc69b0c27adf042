import type { FileReport } from '../../../data/load-file.js';
import { runConfig } from '../../config.js';
import type { LogRecord, RunRecords } from '../run-records.js';

export interface RecordsOptions {
  readonly method?: string;
  readonly model?: string;
  readonly file?: Partial<FileReport>;
  readonly metrics?: readonly LogRecord[];
  readonly samples?: readonly LogRecord[];
}

/** Records of a run as a finished run folder holds them. */
export function runRecords({ method = 'orpo', model = 'base', file, metrics, samples }: RecordsOptions): RunRecords {
  const report: FileReport = {
    path: 'pairs.jsonl',
    role: 'train',
    sha256: '0'.repeat(64),
    bytes: 2048,
    format: 'jsonl',
    schema: 'preference',
    style: 'chat',
    duplicates: 0,
    cut: { prompts: 0, responses: 0 },
    filtered: undefined,
    converted: undefined,
    rows: 10,
    used: 10,
    dropped: {},
    ...file,
  };
  return {
    config: runConfig.parse({ method, model, data: { train: report.path }, output: 'runs/one' }),
    precision: 'fp32',
    data: { files: [report], train: 10, eval: 0, evalPromptsInTrain: 0, tokens: { trunks: 50, responses: 80 } },
    metrics: metrics ?? steps(30),
    timing: [{ type: 'timing', step: 1, seconds: 2, tokens: 300, peakBytes: 2 ** 20 }],
    samples: samples ?? [],
  };
}

/** Updates whose log-probs part as they do in training. */
export function steps(count: number): LogRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    type: 'step',
    step: i + 1,
    epoch: 1,
    loss: 2 - i / count,
    'logps/chosen': -3 + i / count,
    'logps/rejected': -3 - i / count,
    'rewards/accuracies': i < count / 2 ? 0.5 : 1,
    learning_rate: 1e-4,
  }));
}
