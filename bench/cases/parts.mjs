/** Parts of our own: operators, the allocator, loading, tokenising. */
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { REAL_MODEL, realModel } from '../inputs/models.mjs';
import { realData } from '../inputs/rows.mjs';

export async function partCases({ precision, wanted }) {
  const ours = (file, ...args) => ({ command: process.execPath, args: [join(root, 'bench/ours', file), ...args] });
  return [
    {
      name: 'operators',
      title: 'one call of a small operator',
      unit: 'µs',
      better: 'less',
      figure: ({ call_microseconds }) => call_microseconds,
      prepare: async () => ({ sides: { ours: ours('operators.mjs', '--dtype', precision) } }),
    },
    {
      name: 'allocator',
      title: 'a MiB taken and given back',
      unit: 'µs',
      better: 'less',
      figure: ({ microseconds }) => microseconds,
      prepare: async () => ({ sides: { ours: ours('allocator.mjs') } }),
    },
    {
      name: 'loading/gguf',
      title: 'load SmolLM2-135M from Q4_1 GGUF, every weight read',
      unit: 's',
      better: 'less',
      figure: ({ seconds }) => seconds,
      prepare: async () => ({ sides: { ours: ours('load.mjs', '--model', REAL_MODEL, '--dtype', precision) } }),
    },
    {
      name: 'loading/folder',
      title: 'load SmolLM2-135M from fp32 safetensors, every weight read',
      unit: 's',
      better: 'less',
      figure: ({ seconds }) => seconds,
      prepare: async () => ({
        sides: { ours: ours('load.mjs', '--model', await realModel(), '--dtype', precision) },
      }),
    },
    ...[
      ['encode', 'encode real conversations', 'encode', (result) => result],
      ['rows', 'read, render and encode real pairs', 'rows', (result) => result],
      ['rows-again', 'the same once more, with its words known', 'rows', ({ again }) => again],
    ].map(([name, title, what, of]) => ({
      name: `tokenising/${name}`,
      title,
      unit: 'million tokens/s',
      better: 'more',
      figure: (result) => of(result).tokens / of(result).seconds / 1e6,
      prepare: async () => ({
        sides: { ours: ours('tokenise.mjs', '--model', REAL_MODEL, '--data', realData(), '--what', what) },
      }),
    })),
  ].filter(({ name }) => wanted(name));
}
