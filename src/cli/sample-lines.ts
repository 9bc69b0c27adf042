import { printable } from '../text/format.js';
import type { TrainEvent } from '../training/events.js';
import { cutTo, endOf } from './cut-to.js';

type Samples = Extract<TrainEvent, { type: 'samples' }>;

/** Of a conversation the last words tell most, and a prompt leaves more than half of the line to the answer. */
const PROMPT_SHARE = 0.4;

/** One line a sample, none wider than `width` characters: the end of the prompt, then the beginning of the answer. */
export function sampleLines({ samples }: Pick<Samples, 'samples'>, width: number): string[] {
  return samples.map(({ row, prompt, text }) => {
    const asked = endOf(printable(prompt).trim(), Math.max(8, Math.floor(width * PROMPT_SHARE)));
    return cutTo(`row ${row} ${asked} → ${printable(text).trim()}`, width);
  });
}
