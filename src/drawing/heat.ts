import { dark, light } from './chart-style.js';

/** Steps from the middle to either end. */
const STEPS = 5;
/** Of the strongest tone; any text in ink stays readable on it. */
const STRONGEST = 0.42;

/** The class of a cell by a share of 1: bluer above ½, more orange below, the colour of paper about it. */
export function heatClass(share: number): string {
  const step = Math.max(-STEPS, Math.min(STEPS, Math.round((share - 0.5) * 2 * STEPS)));
  return `heat-${step < 0 ? 'b' : 'a'}${Math.abs(step)}`;
}

/** The colours of all such cells, light and dark. Blue and orange differ for those who cannot tell red from green. */
export const heatStyle = `${rules(light)}
@media (prefers-color-scheme:dark){${rules(dark)}}`;

function rules(colours: typeof light): string {
  return Array.from({ length: STEPS + 1 }, (_, step) => (STRONGEST * step) / STEPS)
    .flatMap((amount, step) => [
      `.heat-a${step}{background:${mix(colours.paper, colours.blue, amount)}}`,
      `.heat-b${step}{background:${mix(colours.paper, colours.orange, amount)}}`,
    ])
    .join('');
}

function mix(from: string, to: string, amount: number): string {
  const channel = (colour: string, at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  const mixed = [1, 3, 5].map((at) => Math.round(channel(from, at) * (1 - amount) + channel(to, at) * amount));
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
