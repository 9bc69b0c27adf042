/** Whole processes: the help, and a run from its start to what it saved. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { realModel } from '../inputs/models.mjs';
import { LONGEST, realData, realRows } from '../inputs/rows.mjs';
import { trlPython, tunedEnvironment } from '../peers/environment.mjs';

const BATCH = 4;
const STEPS = 2;

export async function startCases({ peers, precision, wanted, say }) {
  const command = join(root, 'dist/cli/main.js');
  return [
    {
      name: 'start/help',
      title: '`orpo --help`',
      unit: 's',
      better: 'less',
      target: { fp32: '≤ 0.15 s', bf16: '≤ 0.15 s' },
      figure: ({ seconds }) => seconds,
      prepare: async () => ({
        sides: { ours: { command: process.execPath, args: [join(root, 'bench/ours/help.mjs'), command] } },
      }),
    },
    {
      name: 'start/train',
      title: 'whole process: load 135M, two steps of 4 pairs, save',
      unit: 's',
      better: 'less',
      target: { fp32: '≥ 2.9× (≤ 0.35)', bf16: '≥ 4× (≤ 0.25)' },
      figure: ({ wall_seconds }) => wall_seconds,
      prepare: async () => {
        const model = await realModel();
        const rows = await realRows(BATCH * STEPS);
        const folder = mkdtempSync(join(tmpdir(), 'orpo-bench-'));
        const config = join(folder, 'config.json');
        const training = {
          batch: BATCH,
          maxSteps: STEPS,
          learningRate: 5e-6,
          precision,
          samples: 0,
          schedule: 'constant',
        };
        const data = { train: realDataHead(folder), maxLength: LONGEST, truncation: 'drop' };
        writeFileSync(config, JSON.stringify({ method: 'orpo', model, data, training, output: join(folder, 'run') }));
        const sides = {
          ours: { command: process.execPath, args: [join(root, 'bench/ours/run.mjs'), command, config] },
        };
        if (peers.includes('trl'))
          sides.trl = {
            command: trlPython(),
            args: [
              join(root, 'bench/peers/trl_train.py'),
              ...['--model', model, '--rows', rows, '--batch', String(BATCH), '--steps', String(STEPS)],
              ...['--warmup', '0', '--dtype', precision, '--save', join(folder, 'trl')],
            ],
            env: tunedEnvironment(say),
          };
        return { sides };
      },
    },
  ].filter(({ name }) => wanted(name));

  /** As many rows as are needed; ours are read and tokenised in the time, TRL's are tokenised already. */
  function realDataHead(folder) {
    const path = join(folder, 'rows.jsonl');
    writeFileSync(path, `${readFileSync(realData(), 'utf8').split('\n', 40).join('\n')}\n`);
    return path;
  }
}
