import type { Cleaned } from '../data/filters/clean-file.js';
import type { FilterConfig } from '../data/filters/config.js';
import { inspectFile } from '../data/inspect.js';
import { inspectQuality } from '../evaluation/data-quality/inspect-quality.js';
import type { ModelText } from '../text/model-text.js';
import { describeCleaned } from './cleaned-text.js';
import { type InspectFlags, type InspectPlan, planInspection } from './inspect-plan.js';
import { describeInspection } from './inspection-text.js';
import { findNoise, type NoiseFound } from './label-noise.js';
import type { Output } from './output.js';
import { describeNoise, describeQuality } from './quality-text.js';

/** Looks at files, says what was found, filters them and writes what is left, as the flags ask. */
export async function inspectData(output: Output, file: string | undefined, flags: InspectFlags): Promise<number> {
  const plan = await planInspection(file, flags);
  const { colours } = output;
  const { maxLength, truncation, columns, heldOut } = plan;
  if (plan.model === undefined && (maxLength !== undefined || truncation !== undefined)) {
    output.note('note: lengths are counted in characters; name a --model to count tokens and see what is cut.');
  }
  const text = plan.model === undefined ? undefined : await textOf(plan.model, output);
  const { limit, examples, quick } = flags;
  const looked: Record<string, unknown>[] = [];
  for (const path of plan.files) {
    const options = { tokenizer: text?.tokenizer, template: text?.template, maxLength, truncation, columns };
    const inspection = await inspectFile(path, { ...options, limit, examples });
    output.status(`checking ${path}`);
    const similarity = plan.filters?.similarity;
    const quality =
      quick === true
        ? undefined
        : await inspectQuality(path, { tokenizer: text?.tokenizer, columns, similarity, heldOut, limit });
    const lines = quality && describeQuality(quality, colours);
    for (const line of describeInspection(inspection, { maxLength: maxLength ?? 1024, colours, quality: lines })) {
      output.text(line);
    }
    looked.push({ ...inspection, ...(quality === undefined ? {} : { quality }) });
  }
  const noise = await noiseIn(plan, flags, output);
  const cleaned = plan.filters && (await clean(plan, plan.filters, noise, text, flags, output));
  const [only] = looked;
  const files = looked.map((found, i) => ({ ...found, ...(cleaned === undefined ? {} : { cleaned: cleaned[i] }) }));
  const outcome = files.length === 1 ? { ...only, ...files[0] } : { files };
  output.record({ type: 'result', ...outcome, ...(noise === undefined ? {} : { labelNoise: noise.noise }) });
  return 0;
}

async function textOf(model: string, output: Output): Promise<ModelText> {
  return await (await import('./model-text.js')).loadModelText(model, output);
}

async function noiseIn(plan: InspectPlan, flags: InspectFlags, output: Output): Promise<NoiseFound | undefined> {
  const { margin, adapter, below } = flags;
  if (margin === undefined || plan.model === undefined) return undefined;
  const found = await findNoise(output, { ...plan, model: plan.model, kind: margin, adapter, below });
  for (const line of ['', ...describeNoise(found.noise, margin, output.colours)]) output.text(line);
  return found;
}

async function clean(
  plan: InspectPlan,
  filters: FilterConfig,
  noise: NoiseFound | undefined,
  text: ModelText | undefined,
  { write }: InspectFlags,
  output: Output,
): Promise<readonly Cleaned[]> {
  const { cleanFiles } = await import('../data/filters/clean-file.js');
  output.status('filtering');
  const cleaned = await cleanFiles(plan.files, filters, {
    tokenizer: text?.tokenizer,
    columns: plan.columns,
    heldOut: plan.heldOut === undefined ? undefined : [plan.heldOut],
    rulings: noise?.rulings,
    write,
  });
  for (const file of cleaned) for (const line of ['', ...describeCleaned(file, output.colours)]) output.text(line);
  return cleaned;
}
