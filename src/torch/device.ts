import { OrpoError } from '../errors.js';
import { addon } from './addon.js';
import { ensureEngine } from './engine/ensure-engine.js';
import { hasGpu } from './engine/gpu.js';

/** What people may ask for: `auto` takes a GPU where one can be used. */
export const deviceSettings = ['auto', 'cpu', 'cuda'] as const;
export type DeviceSetting = (typeof deviceSettings)[number];

/** Where models are computed. */
export type Device = 'cpu' | 'cuda:0';

/** The device a tensor says it is on. */
export function deviceOf(name: string): Device {
  return name.startsWith('cuda') ? 'cuda:0' : 'cpu';
}

/**
 * The device to compute on, made ready: for a GPU, libtorch's CUDA library is loaded.
 *
 * @throws OrpoError `engine` when `cuda` was asked for and cannot be used
 */
export async function openDevice(setting: DeviceSetting): Promise<Device> {
  if (setting === 'cpu' || (setting === 'auto' && !hasGpu())) return 'cpu';
  const { torch } = await ensureEngine({ install: false });
  if (torch.cuda === undefined) {
    if (setting === 'auto') return 'cpu';
    throw unusable(
      `torch ${torch.version} in ${torch.folder} is built without CUDA`,
      'Install a CUDA build of torch and name its folder with ORPO_TORCH',
    );
  }
  let found = false;
  let reason = 'no GPU and driver were found on this machine';
  try {
    found = addon().loadCuda(torch.cuda);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (found) return 'cuda:0';
  if (setting === 'auto') return 'cpu';
  throw unusable(reason, 'Look at the GPU with `nvidia-smi` and at the engine with `orpo doctor`');
}

function unusable(reason: string, mend: string): OrpoError {
  return new OrpoError('engine', `The device cuda cannot be used: ${reason}.`, `${mend}, or take device cpu.`);
}
