import type { Output } from './output.js';
import { renderPanel } from './panel.js';
import type { RunView } from './run-view.js';

const REDRAW_MS = 200;

/** Keeps the panel of a run at the end of the terminal, redrawn at most five times a second. */
export class LivePanel {
  private readonly output: Output;
  private readonly begun = performance.now();
  private drawn = 0;
  private drawnAt = Number.NEGATIVE_INFINITY;

  constructor(output: Output) {
    this.output = output;
  }

  /** Draws the view, unless it was drawn just before. */
  draw(view: RunView, options: { readonly now?: boolean } = {}): void {
    const time = performance.now();
    if (options.now !== true && time - this.drawnAt < REDRAW_MS) return;
    const { width, colours } = this.output;
    const lines = renderPanel(view, { width, elapsed: (time - this.begun) / 1000, colours });
    // one write, so that nothing is seen half drawn; what is left of a longer panel is wiped
    this.output.raw(`${this.home()}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.drawn = lines.length;
    this.drawnAt = time;
  }

  /** A line above the panel that stays. */
  print(line: string, view: RunView): void {
    this.output.raw(`${this.home()}\u001b[J${line}\n`);
    this.drawn = 0;
    this.draw(view, { now: true });
  }

  private home(): string {
    return this.drawn === 0 ? '\r' : `\u001b[${this.drawn}A\r`;
  }
}
