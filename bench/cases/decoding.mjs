/** Greedy decoding of SmolLM2-135M: one row beside llama.cpp on the same GGUF, 32 rows beside transformers. */
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { REAL_MODEL, realGguf, realModel } from '../inputs/models.mjs';
import { realRows } from '../inputs/rows.mjs';
import { llamaCppPython, trlPython, tunedEnvironment } from '../peers/environment.mjs';

const ROWS = 32;
/** Tokens that must be equal in fp32 before anything is timed. */
const GATE_TOKENS = 16;
/** llama.cpp rounds activations to eight bits, so that its answer may leave ours later. */
const ROUNDED_TOKENS = 4;

export async function decodingCases({ settings, peers, precision, wanted, say }) {
  const { tokens } = settings;
  const ours = (model, rows, count, dtype, length) => ({
    command: process.execPath,
    args: [
      join(root, 'bench/ours/decode.mjs'),
      ...['--model', model, '--rows', rows, '--count', String(count), '--dtype', dtype, '--tokens', String(length)],
    ],
  });
  const theirs = (python, script, env) => (model, rows, count, dtype, length) => ({
    command: python,
    args: [
      join(root, 'bench/peers', script),
      ...['--model', model, '--rows', rows, '--count', String(count), '--tokens', String(length)],
      ...(dtype === undefined ? [] : ['--dtype', dtype]),
    ],
    env,
  });
  const common = {
    unit: 'tokens/s',
    better: 'more',
    figure: ({ tokens_a_second }) => tokens_a_second,
  };
  return [
    {
      ...common,
      name: 'decoding/1',
      title: 'decode one row, Q4_1 GGUF',
      target: { fp32: '≥ 1×', bf16: '≥ 1×' },
      prepare: async () => {
        const rows = await realRows(ROWS);
        const sides = { ours: ours(REAL_MODEL, rows, 1, precision, tokens) };
        if (!peers.includes('llama.cpp')) return { sides };
        const peer = theirs(llamaCppPython(), 'llama_cpp_decode.py', {});
        const gguf = await realGguf();
        sides['llama.cpp'] = peer(gguf, rows, 1, undefined, tokens);
        const gate = sameTokens(
          ours(REAL_MODEL, rows, 1, 'fp32', GATE_TOKENS),
          peer(gguf, rows, 1, undefined, GATE_TOKENS),
          ROUNDED_TOKENS,
        );
        return { sides, gate };
      },
    },
    {
      ...common,
      name: 'decoding/32',
      title: `decode ${ROWS} rows`,
      target: { fp32: '≥ 3×', bf16: '≥ 3×' },
      prepare: async () => {
        const rows = await realRows(ROWS);
        const model = await realModel();
        // the same weights, which we multiply as the GGUF file has them
        const sides = { ours: ours(REAL_MODEL, rows, ROWS, precision, tokens) };
        if (!peers.includes('transformers')) return { sides };
        const peer = theirs(trlPython(), 'transformers_decode.py', tunedEnvironment(say));
        sides.transformers = peer(model, rows, ROWS, precision, tokens);
        const gate = sameTokens(
          ours(REAL_MODEL, rows, 4, 'fp32', GATE_TOKENS),
          peer(model, rows, 4, 'fp32', GATE_TOKENS),
          GATE_TOKENS,
        );
        return { sides, gate };
      },
    },
  ].filter(({ name }) => wanted(name));
}

/** A gate that wants the first `least` greedy tokens of every row to be equal. */
function sameTokens(mine, theirs, least) {
  return async (run) => {
    const a = (await run(mine)).ids;
    const b = (await run(theirs)).ids;
    const equal = a.map((row, i) => {
      const at = row.findIndex((id, place) => id !== b[i][place]);
      return at < 0 ? row.length : at;
    });
    if (equal.some((count) => count < least))
      throw new Error(
        `only the first ${Math.min(...equal)} greedy tokens are equal: the sides do not compute the same`,
      );
    return { equal };
  };
}
