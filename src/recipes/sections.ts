import { z } from 'zod';
import { adapterConfig } from '../adapters/config.js';
import { dataConfig } from '../data/config.js';
import { trainingConfig } from '../training/config.js';

export const path = z.string().min(1);

const { train: _, ...settings } = dataConfig.shape;
/** Keys of a run's `data` but for the files it trains on. */
export const dataSettings = settings;

/** Written over what the recipe shares, then checked by the schema of what it configures: nothing is described twice. */
export const overrides = <T>() =>
  z.custom<T>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be a mapping of keys to values',
  });

/** The settings of one run where they differ from the shared ones. */
export const trained = z.strictObject({
  adapter: z
    .union([adapterConfig, z.literal(false)])
    .optional()
    .describe('Its own adapter; false trains all weights'),
  objective: overrides<Readonly<Record<string, unknown>>>().optional().describe("Settings of the method's loss"),
  training: overrides<z.input<typeof trainingConfig>>().optional().describe('As in a run'),
  data: overrides<Partial<z.input<typeof dataConfig>>>().optional().describe('As in a run'),
  reference: z.string().optional().describe('As in a run'),
});

/** A run whose method may be chosen, one that samples its responses included. */
export const chosen = trained.extend({
  method: z.string().optional().describe('Any method that learns from what this stage has'),
  rollout: overrides<Readonly<Record<string, unknown>>>().optional().describe('As in a run that samples'),
  reward: z
    .union([path, overrides<Readonly<Record<string, unknown>>>()])
    .optional()
    .describe('As in a run that samples'),
  rewardTimeout: z.number().optional().describe('As in a run that samples'),
  failedReward: z.number().optional().describe('As in a run that samples'),
});

/** What all stages share. */
export const shared = z.strictObject({
  model: z.string().min(1).describe('What the first stage starts from'),
  adapter: adapterConfig.optional().describe('Train low-rank adapters; leave out to train all weights'),
  training: trainingConfig.prefault({}).describe('Settings of every stage'),
  output: path.describe('Folder of the recipe'),
});

export type TrainedSection = z.output<typeof trained>;
export type ChosenSection = z.output<typeof chosen>;
