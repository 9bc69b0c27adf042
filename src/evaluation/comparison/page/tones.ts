import type { Tone } from '../../../drawing/chart.js';
import type { Comparison } from '../comparison.js';

/** How a system is drawn, the same everywhere on the page. */
export interface Look {
  readonly tone: Tone;
  /** The second time that a tone is used. */
  readonly dashed: boolean;
}

/** Neighbours in this order differ for those who cannot tell red from green. The base is grey: it is what others are held against. */
const TONES: readonly Tone[] = ['blue', 'orange', 'green', 'violet', 'pink', 'teal'];

export function looks({ systems }: Comparison): (name: string) => Look {
  const others = systems.filter(({ base }) => !base).map(({ name }) => name);
  return (name) => {
    const at = others.indexOf(name);
    return { tone: TONES[at % TONES.length] ?? 'grey', dashed: at >= TONES.length };
  };
}
