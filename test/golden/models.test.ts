import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildForest } from '../../src/data/forest.js';
import type { Tree } from '../../src/data/tree.js';
import { generateIds } from '../../src/generation/generate-ids.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { saveModel } from '../../src/models/save-model.js';
import { ForestAttention } from '../../src/nn/forest-attention.js';
import { logits } from '../../src/nn/token-log-probs.js';
import { scoreForest } from '../../src/scoring/score-forest.js';
import { stepTotals } from '../../src/scoring/step-totals.js';
import { fromIndices, memory, noGrad, scope, toBytes, toFloat32Array, toNumbers } from '../../src/torch/index.js';
import {
  entries,
  goldenFolders,
  largestDifference,
  readArrays,
  readGolden,
  skipWhatIsAbsent,
} from './golden-folder.js';

interface Expected {
  readonly input_ids: readonly (readonly number[])[];
  readonly greedy_12: readonly (readonly number[])[];
  readonly tolerance: { readonly logits_atol: number };
}

function sequenceLogits({ model }: LoadedModel, ids: readonly number[]): Float32Array {
  return scope(() =>
    noGrad(() => {
      const positions = fromIndices(ids.map((_, i) => i));
      const layout = [{ trunkBegin: 0, trunkLength: ids.length, branches: [] }];
      return toFloat32Array(logits(model.hidden(fromIndices(ids), new ForestAttention(layout, positions)), model.head));
    }),
  );
}

/** Sums of log-probs of all branches, by one forest of the given trees. */
function branchSums({ model }: LoadedModel, trees: readonly Tree[]): number[] {
  return scope(() =>
    noGrad(() => toNumbers(scoreForest(model, buildForest(trees, { nll: 'full' }), stepTotals(trees, 'full')).sums)),
  );
}

skipWhatIsAbsent('models');
for (const golden of goldenFolders('models')) {
  const names = entries(golden.path, 'models').filter((name) =>
    entries(golden.path, 'models', name).includes('expected.json'),
  );
  describe.each(names)(`${golden.name} models/%s`, (name) => {
    const folder = join(golden.path, 'models', name);
    const expected = readGolden<Expected>(folder, 'expected.json');
    let loaded: LoadedModel;
    let before: ReturnType<typeof memory> | undefined;

    beforeEach(async () => {
      loaded = await loadModel(folder);
    });
    afterEach(() => {
      loaded.dispose();
      const after = memory();
      // the second test on finds what the first left behind
      if (before !== undefined)
        expect({ handles: after.handles, bytes: after.bytes }).toEqual({
          handles: before.handles,
          bytes: before.bytes,
        });
      before = after;
    });

    it('gives the reference logits', () => {
      const reference = readArrays(folder, 'expected.safetensors');
      expected.input_ids.forEach((ids, i) => {
        const ours = sequenceLogits(loaded, ids);
        expect(largestDifference(ours, reference.get(`logits_${i}`) ?? [])).toBeLessThanOrEqual(
          expected.tolerance.logits_atol,
        );
      });
    });

    it('continues greedily as the reference does', () => {
      const prompts = expected.input_ids.map((ids) => Int32Array.from(ids));
      const answers = prompts.map((): number[] => []);
      for (const { row, id } of generateIds(loaded.model, prompts, { maxTokens: 12, endIds: [] }))
        answers[row]?.push(id);
      expect(answers).toEqual(expected.greedy_12);
    });

    it('scores a forest as it scores one tree, and one branch, at a time', () => {
      const [first = [], second = []] = expected.input_ids;
      const trees: Tree[] = [
        {
          trunk: Int32Array.from(first.slice(0, 9)),
          branches: [{ ids: Int32Array.from(first.slice(9)) }, { ids: Int32Array.from(second.slice(0, 5)) }],
          origin: { file: folder, row: 1 },
        },
        {
          trunk: Int32Array.from(second.slice(0, 4)),
          branches: [{ ids: Int32Array.from(second.slice(4)) }, { ids: Int32Array.from([7]) }],
          origin: { file: folder, row: 2 },
        },
      ];
      const single = trees.flatMap((tree) =>
        tree.branches.flatMap((branch) => branchSums(loaded, [{ ...tree, branches: [branch] }])),
      );
      expect(largestDifference(branchSums(loaded, trees), single)).toBeLessThan(1e-4);
    });

    it('is the same, bit for bit, after saving and loading', async () => {
      const copy = mkdtempSync(join(tmpdir(), 'orpo-golden-'));
      try {
        saveModel(loaded, copy);
        const again = await loadModel(copy);
        try {
          expect([...again.model.store.parameters.keys()]).toEqual([...loaded.model.store.parameters.keys()]);
          for (const [key, parameter] of loaded.model.store.parameters) {
            const other = again.model.store.parameters.get(key);
            expect(other && Buffer.compare(toBytes(other.value), toBytes(parameter.value))).toBe(0);
          }
        } finally {
          again.dispose();
        }
      } finally {
        rmSync(copy, { recursive: true });
      }
    });
  });
}
