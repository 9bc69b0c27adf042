import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AdaptedModel, loadAdapted } from '../adapters/load-adapted.js';
import { OrpoError } from '../errors.js';
import type { FetchProgress } from '../files/progress.js';
import type { LoadModelOptions } from '../models/load-model.js';
import { formatBytes, formatCount } from '../text/format.js';
import { type Device, type DeviceSetting, deviceSettings, openDevice } from '../torch/device.js';
import { cpuFeatures } from '../torch/engine/cpu.js';
import { choosePrecision } from '../torch/engine/precision.js';
import type { Output } from './output.js';

/** The options of verbs that use a model. */
export interface ModelOptions {
  readonly model: string;
  /** Adapter folder, or a run folder that holds one. */
  readonly adapter?: string;
  readonly precision: string;
  readonly device?: string;
  readonly offline?: boolean;
}

/** Loads a model with its adapter and says how a download goes. Throws as `loadModel` and `loadAdapter` do. */
export async function openModel(
  output: Output,
  options: ModelOptions,
  use: Pick<LoadModelOptions, 'head' | 'weights'> = {},
): Promise<AdaptedModel> {
  const adapter = options.adapter === undefined ? undefined : adapterFolder(options.adapter);
  const device = await openDevice(deviceSettingOf(options.device ?? 'cpu'));
  return await loadAdapted(options.model, adapter, {
    device,
    precision: precisionOf(options.precision, device),
    ...use,
    onProgress: (progress) => output.status(describeFetch(progress)),
    ...(options.offline === undefined ? {} : { offline: options.offline }),
  });
}

/** How far a download has come, as a line. */
export function describeFetch({ what, done, total, unit = 'bytes' }: FetchProgress): string {
  const format = unit === 'bytes' ? formatBytes : formatCount;
  if (total === undefined) return done === 0 ? what : `${what}: ${format(done)}`;
  return `${what}: ${format(done)} of ${format(total)}`;
}

/** A run folder stands for the adapter it holds. */
function adapterFolder(path: string): string {
  const inner = join(path, 'adapter');
  return !existsSync(join(path, 'adapter_config.json')) && existsSync(inner) ? inner : path;
}

function deviceSettingOf(text: string): DeviceSetting {
  const found = deviceSettings.find((setting) => setting === text);
  if (found !== undefined) return found;
  throw new OrpoError('config', `--device is ${text}.`, `Use ${deviceSettings.join(', ')}.`);
}

function precisionOf(text: string, device: Device): 'fp32' | 'bf16' {
  if (text === 'fp32' || text === 'bf16') return text;
  if (text === 'auto') return choosePrecision('auto', cpuFeatures(), device !== 'cpu').precision;
  throw new OrpoError('config', `--precision is ${text}.`, 'Use auto, fp32 or bf16.');
}
