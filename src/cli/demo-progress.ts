import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { formatDuration } from '../text/format.js';
import type { TrainEvent } from '../training/events.js';
import { LivePanel } from './live-panel.js';
import type { Output } from './output.js';
import { eventRecord } from './run-records.js';
import { applyEvent, emptyView, type RunView, secondsLeft } from './run-view.js';

/** Lines a training leaves behind in a log. */
const LINES = 10;

type Step = Extract<TrainEvent, { type: 'step' }>;

const stepRecord = z.looseObject({ type: z.literal('step'), step: z.number() });

/** Shows a training as it goes on, and remembers its metrics. */
export class DemoProgress {
  readonly #output: Output;
  readonly #what: string;
  readonly #metricsFile: string | undefined;
  /** Metrics of each update, those before an interruption included. */
  readonly #steps: Readonly<Record<string, unknown>>[] = [];
  readonly #panel: LivePanel | undefined;
  #view: RunView = emptyView;

  /** `metricsFile` gives the updates of a run that goes on. */
  constructor(output: Output, what: string, metricsFile?: string) {
    this.#output = output;
    this.#what = what;
    this.#metricsFile = metricsFile;
    this.#panel = output.live ? new LivePanel(output) : undefined;
  }

  show(event: TrainEvent): void {
    this.#view = applyEvent(this.#view, event);
    if (event.type === 'start' && event.from > 0) this.#steps.push(...this.#earlier(event.from));
    if (event.type === 'step') this.#steps.push(event.metrics);
    // the demo has a start and a result of its own
    if (event.type === 'step' || event.type === 'checkpoint') this.#output.record(eventRecord(event));
    if (this.#panel !== undefined) this.#panel.draw(this.#view, { now: event.type !== 'step' });
    else if (event.type === 'step' && isMarked(event)) this.#output.text(this.#line(event));
  }

  /** One metric of every update. */
  curve(name: string): number[] {
    return this.#steps.map((metrics) => {
      const value = metrics[name];
      return typeof value === 'number' ? value : Number.NaN;
    });
  }

  #line({ step, steps, metrics }: Step): string {
    const shown = [
      ['loss', metrics.loss],
      ['chosen', metrics['logps/chosen']],
      ['rejected', metrics['logps/rejected']],
    ] as const;
    const numbers = shown.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value.toFixed(3)}`]));
    const left = secondsLeft(this.#view);
    const end = left === undefined || step === steps ? '' : `  ${formatDuration(left)} left`;
    return `${this.#what} ${String(step).padStart(String(steps).length)}/${steps}  ${numbers.join('  ')}${end}`;
  }

  #earlier(until: number): Readonly<Record<string, unknown>>[] {
    if (this.#metricsFile === undefined || !existsSync(this.#metricsFile)) return [];
    return readFileSync(this.#metricsFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => stepRecord.safeParse(JSON.parse(line)))
      .flatMap(({ data }) => (data !== undefined && data.step <= until ? [data] : []));
  }
}

function isMarked({ step, steps }: Step): boolean {
  return step === steps || step % Math.max(1, Math.round(steps / LINES)) === 0;
}
