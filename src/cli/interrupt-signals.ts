type Interrupt = 'SIGINT' | 'SIGTERM';

const CODES: Readonly<Record<Interrupt, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Turns the first SIGINT or SIGTERM into an AbortSignal, and the second into the end of the process. Signals that come
 * while a step computes are seen together at its end and count as one: nobody had been told yet that the run will save.
 */
export class InterruptSignals {
  private readonly controller = new AbortController();
  private readonly onFirst: () => void;
  private received: Interrupt | undefined;
  private told = false;
  private readonly onSigint = (): void => this.interrupt('SIGINT');
  private readonly onSigterm = (): void => this.interrupt('SIGTERM');

  /** @param onFirst called at the first signal */
  constructor(onFirst: () => void) {
    this.onFirst = onFirst;
    process.on('SIGINT', this.onSigint);
    process.on('SIGTERM', this.onSigterm);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Exit code of a process that was interrupted so: 130 or 143. */
  get exitCode(): number {
    return CODES[this.received ?? 'SIGINT'];
  }

  /** Stops as SIGTERM does, once; the reader of stdout has gone, and says so at every write. */
  close(): void {
    if (this.received === undefined) this.interrupt('SIGTERM');
  }

  private interrupt(signal: Interrupt): void {
    if (this.told) process.exit(CODES[signal]);
    if (this.received !== undefined) return;
    this.received = signal;
    setImmediate(() => {
      this.told = true;
    });
    this.controller.abort();
    this.onFirst();
  }

  /** Gives the signals back to Node. */
  release(): void {
    process.off('SIGINT', this.onSigint);
    process.off('SIGTERM', this.onSigterm);
  }
}
