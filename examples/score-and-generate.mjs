// Scores preference pairs and answers a prompt: node examples/score-and-generate.mjs MODEL PAIRS PROMPT [ADAPTER]
import { dataConfig, generate, loadAdapter, loadDataset, loadModel, scorePairs, summarise } from 'orpo';

const [model, pairs, prompt, adapter] = process.argv.slice(2);
if (prompt === undefined) {
  console.error('usage: node examples/score-and-generate.mjs MODEL PAIRS PROMPT [ADAPTER]');
  process.exit(2);
}

const loaded = await loadModel(model);
const lora = adapter === undefined ? undefined : loadAdapter(loaded.model.store, adapter);

const data = await loadDataset(dataConfig.parse({ train: pairs, maxLength: 512 }), loaded);
const { accuracy, margin } = summarise(scorePairs(loaded.model, data.train));
console.log(`${data.train.length} pairs: accuracy ${accuracy.toFixed(3)}, margin ${margin.toFixed(4)}`);

const [answer] = generate(loaded, [prompt], { maxTokens: 40 });
console.log(answer.text);

lora?.dispose();
loaded.dispose();
