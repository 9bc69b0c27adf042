import type { TrainEvent } from '../training/events.js';

const CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Ctrl-C and SIGTERM in a demo: while training goes on the first one asks it to save, at any other time, and the second
 * time, the process ends.
 */
export class Interruption {
  #controller: AbortController | undefined;
  #code = CODES.SIGINT ?? 1;
  readonly #listener = (signal: NodeJS.Signals): void => {
    this.#code = CODES[signal] ?? 1;
    if (this.#controller === undefined || this.#controller.signal.aborted) process.exit(this.#code);
    this.#controller.abort();
  };

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  /** The exit code after the signal that came. */
  get exitCode(): number {
    return this.#code;
  }

  /** Events of a training that a signal makes save itself. */
  async *during(events: (signal: AbortSignal) => AsyncGenerator<TrainEvent>): AsyncGenerator<TrainEvent, void> {
    const controller = new AbortController();
    this.#controller = controller;
    try {
      yield* events(controller.signal);
    } finally {
      this.#controller = undefined;
    }
  }

  dispose(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
