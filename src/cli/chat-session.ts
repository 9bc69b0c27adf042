import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import type { AdaptedModel } from '../adapters/load-adapted.js';
import { OrpoError } from '../errors.js';
import { type GenerateOptions, parseGenerateOptions } from '../generation/config.js';
import { encodePrompt } from '../generation/encode-prompt.js';
import { streamText } from '../generation/generate.js';
import type { LoadedModel } from '../models/load-model.js';
import type { Message } from '../text/chat-template.js';
import { printable } from '../text/format.js';
import { sideBySide } from './demo-columns.js';
import { type SamplingInput, samplingOf } from './model-options.js';
import { type ModelOptions, openModel } from './open-model.js';
import type { Output } from './output.js';

/** The options of the verb. */
export interface ChatOptions extends ModelOptions, SamplingInput {
  readonly system?: string;
  /** `base`, or another model. */
  readonly compare?: string;
}

/** Runs the chat until its input ends or /exit; returns the exit code. */
export async function chat(output: Output, options: ChatOptions): Promise<number> {
  const settings = parseGenerateOptions(samplingOf(options));
  if (options.compare === 'base' && options.adapter === undefined) {
    throw new OrpoError('config', '--compare base needs an adapter.', 'Name the one to compare with --adapter FOLDER.');
  }
  const opened = await openModel(output, options, { weights: 'packed' });
  const rival = await openRival(output, options, opened).catch((error: unknown) => {
    opened.dispose();
    throw error;
  });
  const system: Message[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
  const session = new ChatSession(output, { loaded: opened.loaded, rival, system, settings });
  const interactive = process.stdin.isTTY === true && !output.json;
  const lines = createInterface({
    input: process.stdin,
    ...(interactive ? { output: process.stdout } : {}),
    prompt: output.colours.bold('> '),
    terminal: interactive,
  });
  let stopped = false;
  // Ctrl-C stops the answer under way; at the prompt it ends the chat
  const interrupt = (): void => {
    if (session.stopAnswer()) return;
    stopped = !interactive;
    lines.close();
  };
  lines.on('SIGINT', interrupt);
  process.on('SIGINT', interrupt);
  try {
    if (interactive) {
      output.text(`${options.model}: type a message; /reset forgets the conversation, /exit ends it`);
      lines.prompt();
    }
    for await (const line of lines) {
      if (stopped || line.trim() === '/exit') break;
      await session.take(line.trim());
      if (interactive) lines.prompt();
    }
    output.record({ type: 'result', turns: session.turns });
    return stopped ? 130 : 0;
  } finally {
    process.off('SIGINT', interrupt);
    lines.close();
    rival?.dispose();
    opened.dispose();
  }
}

/** Runs the computation of one piece of an answer. */
type Around = (body: () => IteratorResult<string, void>) => IteratorResult<string, void>;

/** Who gives the second answer. */
interface Rival {
  readonly name: string;
  readonly loaded: LoadedModel;
  readonly around: Around;
  dispose(): void;
}

async function openRival(output: Output, options: ChatOptions, opened: AdaptedModel): Promise<Rival | undefined> {
  const { compare } = options;
  if (compare === undefined) return undefined;
  const { loaded, lora } = opened;
  if (compare === 'base' && lora !== undefined) {
    return { name: 'base', loaded, around: (body) => lora.withDisabled(body), dispose: () => {} };
  }
  const { precision, device, offline } = options;
  const named = {
    model: compare,
    precision,
    ...(device === undefined ? {} : { device }),
    ...(offline === undefined ? {} : { offline }),
  };
  const other = await openModel(output, named, { weights: 'packed' });
  return { name: compare, loaded: other.loaded, around: (body) => body(), dispose: () => other.dispose() };
}

interface Speaker {
  readonly loaded: LoadedModel;
  readonly rival: Rival | undefined;
  readonly system: readonly Message[];
  readonly settings: GenerateOptions;
}

/** A conversation and the answer under way. */
class ChatSession {
  readonly #output: Output;
  readonly #speaker: Speaker;
  #messages: Message[];
  #answering: AbortController | undefined;
  #turns = 0;

  constructor(output: Output, speaker: Speaker) {
    this.#output = output;
    this.#speaker = speaker;
    this.#messages = [...speaker.system];
  }

  /** Questions answered. */
  get turns(): number {
    return this.#turns;
  }

  /** Stops the answer under way; false when there is none. */
  stopAnswer(): boolean {
    if (this.#answering === undefined || this.#answering.signal.aborted) return false;
    this.#answering.abort();
    return true;
  }

  /** Obeys a command or answers a message. */
  async take(line: string): Promise<void> {
    if (line === '') return;
    if (line === '/reset') {
      this.#messages = [...this.#speaker.system];
      this.#output.text(this.#output.colours.dim('The conversation is forgotten.'));
      return;
    }
    const conversation = this.#fitting([...this.#messages, { role: 'user', content: line }]);
    const controller = new AbortController();
    this.#answering = controller;
    try {
      const { rival } = this.#speaker;
      const text = await (rival === undefined
        ? this.#answer(conversation, controller.signal)
        : this.#compare(conversation, rival, controller.signal));
      // an answer that was stopped is remembered as far as it came
      this.#messages = [...conversation, { role: 'assistant', content: text }];
      this.#turns++;
    } finally {
      this.#answering = undefined;
    }
  }

  /** The conversation without its oldest exchanges, as many as the model has no positions for. */
  #fitting(conversation: readonly Message[]): Message[] {
    const { loaded, system } = this.#speaker;
    const kept = conversation.slice(system.length);
    const tooLong = () => encodePrompt([...system, ...kept], loaded).ids.length >= loaded.model.sizes.positions;
    let forgotten = 0;
    while (kept.length > 2 && tooLong()) {
      kept.splice(0, 2);
      forgotten++;
    }
    if (forgotten > 0)
      this.#output.note('The conversation is longer than the model can read; its oldest part is forgotten.');
    return [...system, ...kept];
  }

  /** One answer, written as it comes. */
  async #answer(conversation: readonly Message[], signal: AbortSignal): Promise<string> {
    const { loaded } = this.#speaker;
    const text = await this.#stream(loaded, conversation, signal, (piece) => this.#output.raw(printable(piece)));
    this.#output.raw('\n');
    this.#output.record({ type: 'answer', prompt: lastOf(conversation), text });
    return text;
  }

  /** Two answers side by side; that of the rival is not remembered. */
  async #compare(conversation: readonly Message[], rival: Rival, signal: AbortSignal): Promise<string> {
    const watch = (who: string) => {
      let seen = '';
      return (piece: string): void => {
        seen = `${seen}${piece}`.replaceAll('\n', ' ').slice(-50);
        this.#output.status(`${who}: …${printable(seen)}`);
      };
    };
    const { loaded } = this.#speaker;
    const other = await this.#stream(rival.loaded, conversation, signal, watch(rival.name), rival.around);
    const text = await this.#stream(loaded, conversation, signal, watch('answer'));
    const columns = [
      { heading: rival.name, text: printable(other) },
      { heading: rival.loaded === loaded ? 'with the adapter' : loaded.reference, text: printable(text) },
    ];
    this.#output.text(sideBySide(columns, this.#output.width));
    this.#output.record({ type: 'answer', prompt: lastOf(conversation), text, other });
    return text;
  }

  async #stream(
    loaded: LoadedModel,
    conversation: readonly Message[],
    signal: AbortSignal,
    onPiece: (piece: string) => void,
    around: Around = (body) => body(),
  ): Promise<string> {
    const pieces = streamText(loaded, conversation, this.#speaker.settings);
    let text = '';
    try {
      for (;;) {
        // the event loop turns between two pieces, so that Ctrl-C is seen
        await setImmediate();
        if (signal.aborted) break;
        const next = around(() => pieces.next());
        if (next.done === true) break;
        text += next.value;
        onPiece(next.value);
      }
    } finally {
      pieces.return();
    }
    return text;
  }
}

function lastOf(conversation: readonly Message[]): string {
  return conversation.at(-1)?.content ?? '';
}
