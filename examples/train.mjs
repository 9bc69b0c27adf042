// Trains a LoRA adapter with ORPO: node examples/train.mjs MODEL PAIRS OUTPUT [STEPS]
import { train } from 'orpo';

const [model, pairs, output, steps] = process.argv.slice(2);
if (output === undefined) {
  console.error('usage: node examples/train.mjs MODEL PAIRS OUTPUT [STEPS]');
  process.exit(2);
}

// the first Ctrl-C saves at the end of the current step; `orpo resume OUTPUT` goes on
const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

const events = train(
  {
    method: 'orpo',
    model,
    adapter: { rank: 8, alpha: 16 },
    data: { train: pairs, eval: '10%', maxLength: 512 },
    training: { batch: 4, learningRate: 2e-4, ...(steps === undefined ? {} : { maxSteps: Number(steps) }) },
    output,
  },
  { signal: interruption.signal },
);

for await (const event of events) {
  if (event.type === 'step') console.log(`step ${event.step} of ${event.steps}: loss ${event.metrics.loss.toFixed(4)}`);
  if (event.type === 'eval') console.log(`held-out accuracy ${event.metrics['rewards/accuracies'].toFixed(3)}`);
  if (event.type === 'interrupted') console.log(`saved in ${event.path}`);
  if (event.type === 'result') console.log(`adapter in ${event.adapter}`);
}
