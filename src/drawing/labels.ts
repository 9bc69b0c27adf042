import { CHARACTER } from './chart-layout.js';

/** A text that belongs to a place of a drawing. */
export interface Label {
  readonly text: string;
  /** Left end and baseline of the text. */
  readonly x: number;
  readonly y: number;
}

/** Room for labels: their left and right border, and the baselines of the highest and the lowest. */
export interface LabelRoom {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const LINE = 14;
const BOLD = 1.08 * CHARACTER;

/** How much room a bold text of the charts takes at most. */
export function labelWidth(text: string): number {
  return BOLD * text.length;
}

/** A name short enough for a drawing; the whole of it stands in tables and in what a screen reader says. */
export function shorten(name: string, most: number): string {
  const characters = [...name];
  return characters.length <= most ? name : `${characters.slice(0, most - 1).join('')}…`;
}

/** Labels moved so that none lies on another or outside the room: as near to their places as can be, the first one first. */
export function placeLabels(labels: readonly Label[], room: LabelRoom): Label[] {
  const placed: Label[] = [];
  for (const { text, x, y } of labels) {
    const width = labelWidth(text);
    const inside = Math.max(room.left, Math.min(x, room.right - width));
    const lines = Math.ceil((room.bottom - room.top) / LINE);
    const tries = Array.from({ length: 2 * lines + 1 }, (_, i) => y + (i % 2 === 1 ? -1 : 1) * Math.ceil(i / 2) * LINE);
    const free = tries.find(
      (height) =>
        height >= room.top &&
        height <= room.bottom &&
        placed.every((other) => {
          const apart = other.x >= inside + width + 4 || inside >= other.x + labelWidth(other.text) + 4;
          return apart || Math.abs(other.y - height) >= LINE - 0.5;
        }),
    );
    placed.push({ text, x: inside, y: free ?? Math.max(room.top, Math.min(y, room.bottom)) });
  }
  return placed;
}
