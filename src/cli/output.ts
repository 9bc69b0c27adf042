import { type Colours, withColours, withoutColours } from './colours.js';

/** Where text goes: a stream of the process, or a collector in a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface OutputOptions {
  /** JSON lines on stdout, people's text on stderr. */
  readonly json: boolean;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const DEFAULT_WIDTH = 80;

/** What a verb says, for people or for programs. */
export class Output {
  readonly json: boolean;
  /** Colours of people's text: on a TTY, unless NO_COLOR is set. */
  readonly colours: Colours;
  /** Whether people's text goes to a terminal that can be redrawn. */
  readonly live: boolean;
  /** What to do when the reader of stdout has gone; without it the process ends quietly. */
  whenClosed: (() => void) | undefined;
  private readonly stdout: Sink;
  private readonly stderr: Sink;
  private readonly env: Readonly<Record<string, string | undefined>>;
  private unfinished = false;

  constructor({ json, stdout, stderr, env = {} }: OutputOptions) {
    this.json = json;
    this.stdout = stdout;
    this.stderr = stderr;
    this.env = env;
    this.colours = this.coloursOf(this.people);
    const interactive = !json && this.people.isTTY === true;
    this.live = interactive && env.TERM !== 'dumb' && (env.CI ?? '') === '';
  }

  /** The stream that people read. */
  private get people(): Sink {
    return this.json ? this.stderr : this.stdout;
  }

  private coloursOf(sink: Sink): Colours {
    const wanted = sink.isTTY === true && (this.env.NO_COLOR ?? '') === '' && this.env.TERM !== 'dumb';
    return wanted ? withColours : withoutColours;
  }

  /** Columns of the people's stream. */
  get width(): number {
    return this.people.columns || DEFAULT_WIDTH;
  }

  /** A line (or lines) for people. */
  text(line = ''): void {
    this.finishStatus();
    this.people.write(`${line}\n`);
  }

  /** Text for people as it comes, without a line end: streamed answers, a panel. */
  raw(text: string): void {
    this.people.write(text);
  }

  /** A remark beside the result, such as progress or a warning: always on stderr. */
  note(line: string): void {
    this.finishStatus();
    this.stderr.write(`${line}\n`);
  }

  /** Progress that replaces the line before it on a terminal; elsewhere nothing, as it would fill a log. */
  status(line: string): void {
    if (this.stderr.isTTY !== true || this.env.TERM === 'dumb') return;
    const width = this.stderr.columns || DEFAULT_WIDTH;
    this.stderr.write(`\r\u001b[2K${line.slice(0, width - 1)}`);
    this.unfinished = true;
  }

  private finishStatus(): void {
    if (!this.unfinished) return;
    this.stderr.write('\r\u001b[2K');
    this.unfinished = false;
  }

  /** One JSON line for programs; nothing without --json. Numbers that JSON does not know become null. */
  record(value: { readonly type: string; readonly [key: string]: unknown }): void {
    if (!this.json) return;
    this.finishStatus();
    this.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** What went wrong and how to mend it, on stderr; under --json also the last line of stdout. */
  fail(code: string, message: string, hint: string): void {
    this.finishStatus();
    const { red, dim } = this.coloursOf(this.stderr);
    this.stderr.write(`${red('error')} ${message}\n`);
    if (hint !== '') this.stderr.write(`${dim(' hint')} ${hint}\n`);
    this.record({ type: 'error', code, message, hint });
  }
}
