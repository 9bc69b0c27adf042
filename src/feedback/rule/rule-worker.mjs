// Runs a user's rule in a thread of its own, so that one that never returns can be ended. Plain JavaScript: threads are
// not started through a loader.
import { parentPort, workerData } from 'node:worker_threads';
import { createJiti } from 'jiti';

// Node 20 knows no types; jiti takes them out, and takes what Node can import as it is
const imported = (url) =>
  /\.m?ts$/i.test(url) ? createJiti(import.meta.url, { fsCache: false, tryNative: true }).import(url) : import(url);

const said = (error) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0];

// a finite number goes back as it is, for anything else the word that says what it was
const answer = (value) => {
  if (Number.isFinite(value)) return value;
  return typeof value === 'number' || value === null ? String(value) : typeof value;
};

async function load() {
  try {
    const module = await imported(workerData.url);
    if (typeof module.default !== 'function') return { kind: 'broken', reason: 'no function' };
    parentPort.on('message', ({ prompts, responses }) => judge(module, prompts, responses));
    return { kind: 'ready', batched: module.batched === true };
  } catch (error) {
    return { kind: 'broken', reason: said(error) };
  }
}

async function judge({ default: rule, batched }, prompts, responses) {
  try {
    const values = batched === true ? await rule(prompts, responses) : [await rule(prompts[0], responses[0])];
    if (!Array.isArray(values))
      throw new TypeError(`a batched rule must return a list, this one returned ${answer(values)}`);
    parentPort.postMessage({ kind: 'values', values: values.map(answer) });
  } catch (error) {
    parentPort.postMessage({ kind: 'threw', reason: said(error) });
  }
}

parentPort.postMessage(await load());
