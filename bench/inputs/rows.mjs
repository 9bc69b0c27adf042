/** Tokenised pairs that all sides read: `{"prompt_ids", "chosen_ids", "rejected_ids"}` a line. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { cache, REAL_MODEL } from './models.mjs';

export const LONGEST = 500;

/** The file of real pairs; other data with ORPO_DATA_DIR. */
export function realData() {
  return resolve(root, process.env.ORPO_DATA_DIR ?? '../shared/data', 'hh-rlhf-harmless.jsonl');
}

/** Real pairs of at most 500 tokens, prompt and response together, in the order of the file. */
export async function realRows(count) {
  const path = join(cache, 'rows.jsonl');
  const data = realData();
  if (!existsSync(data)) throw new Error(`${data} is not there; ORPO_DATA_DIR names its folder`);
  const { dataConfig, loadDataset, loadModel } = await import('../../dist/index.js');
  const loaded = await loadModel(REAL_MODEL);
  const { train } = await loadDataset(dataConfig.parse({ train: data, maxLength: LONGEST, truncation: 'drop' }), {
    tokenizer: loaded.tokenizer,
    template: loaded.template,
    bos: loaded.bos,
  });
  loaded.dispose();
  const fits = train.filter(({ trunk, branches }) => branches.every(({ ids }) => trunk.length + ids.length <= LONGEST));
  return write(
    path,
    fits.slice(0, count).map(({ trunk, branches: [chosen, rejected] }) => ({
      prompt_ids: [...trunk],
      chosen_ids: [...chosen.ids],
      rejected_ids: [...rejected.ids],
    })),
  );
}

/** Prompts with responses of one length, a pair by default, of ids below `vocabulary` that follow no pattern but are the same each time. */
export function fixedRows({ prompt, response, vocabulary, count, responses = 2 }) {
  const path = join(cache, `rows-p${prompt}-r${response}-k${responses}-v${vocabulary}.jsonl`);
  let state = 1;
  const ids = (length) =>
    Array.from({ length }, () => {
      // Lehmer's generator: 48271^k mod 2^31 - 1
      state = (state * 48271) % 2147483647;
      return 3 + (state % (vocabulary - 3));
    });
  return write(
    path,
    Array.from({ length: count }, () => {
      const prompt_ids = ids(prompt);
      const branches = Array.from({ length: responses }, () => ids(response));
      return responses === 2
        ? { prompt_ids, chosen_ids: branches[0], rejected_ids: branches[1] }
        : { prompt_ids, branches_ids: branches };
    }),
  );
}

function write(path, rows) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
  return path;
}
