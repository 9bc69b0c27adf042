import type { Ruling } from '../data/filters/ruling.js';
import { OrpoError } from '../errors.js';
import type { LabelNoise } from '../evaluation/data-quality/label-noise.js';
import type { MarginKind } from '../evaluation/data-quality/margin-kinds.js';
import { formatCount } from '../text/format.js';
import type { InspectPlan } from './inspect-plan.js';
import type { Output } from './output.js';

export interface NoiseOptions extends InspectPlan {
  readonly model: string;
  readonly kind: MarginKind;
  readonly adapter: string | undefined;
  readonly below: number | undefined;
}

export interface NoiseFound {
  readonly noise: LabelNoise;
  readonly rulings: ReadonlyMap<number, Ruling>;
}

/** Loads the model and looks for labels it finds wrong. @throws OrpoError also as `openModel` and `loadDataset` do */
export async function findNoise(output: Output, options: NoiseOptions): Promise<NoiseFound> {
  const { dataConfig } = await import('../data/config.js');
  const { loadDataset } = await import('../data/dataset.js');
  const { labelNoise } = await import('../evaluation/data-quality/label-noise.js');
  const { pairMargins } = await import('../evaluation/data-quality/pair-margins.js');
  const { openModel } = await import('./open-model.js');
  const { requirePositions } = await import('../training/position-limit.js');
  const { files, model, adapter, kind, below, maxLength, truncation, columns } = options;
  const [path] = files;
  const choice = { model, precision: 'fp32', ...(adapter === undefined ? {} : { adapter }) };
  const opened = await openModel(output, choice, { head: kind === 'reward' ? 'score' : 'vocabulary' });
  try {
    const { tokenizer, template, bos } = opened.loaded;
    const data = dataConfig.parse({ train: path, maxLength, truncation, columns, onMalformed: 'drop' });
    const { train: trees, report } = await loadDataset(data, { tokenizer, template, bos, shape: 'pair' });
    if (report.files.some(({ converted }) => converted?.from === 'labelled')) {
      throw new OrpoError(
        'data',
        `${path} holds single responses with a label, which have no margin.`,
        'Give pairs or rankings, or leave --margin out.',
      );
    }
    requirePositions(opened.loaded.model.sizes, trees);
    const margins = pairMargins(opened, trees, kind, (done) =>
      output.status(`scoring ${formatCount(done)} of ${formatCount(trees.length)} pairs`),
    );
    return labelNoise(
      trees.map(({ origin }, i) => ({ row: origin.row, margin: margins[i] ?? Number.NaN })),
      below,
    );
  } finally {
    opened.dispose();
  }
}
