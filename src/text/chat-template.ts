import { OrpoError } from '../errors.js';
import { GuardedInterpreter } from './guarded-interpreter.js';
import { JinjaEnvironment, type Node, parseJinja, type RuntimeValue } from './jinja.js';
import { templateGlobals } from './template-globals.js';
import { DEFAULT_LIMITS, TemplateBudget, type TemplateLimits, templateError } from './template-limits.js';
import { writingStatements } from './template-syntax.js';
import { isText, toList, toRuntime } from './template-values.js';

/** One turn of a conversation. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** A model's own way of writing a conversation as one text. */
export interface ChatTemplate {
  /** Throws `OrpoError('template')` when the template fails, refuses the messages or passes a limit. */
  render(messages: readonly Message[], options: { readonly addGenerationPrompt: boolean }): string;
}

export interface ChatTemplateOptions {
  readonly bosToken?: string | undefined;
  readonly eosToken?: string | undefined;
  /** The clock behind `strftime_now`. */
  readonly now?: () => Date;
  readonly limits?: Partial<TemplateLimits>;
}

const LONGEST_SOURCE = 1024 * 1024;

/** The library's search for `generation` tags takes about half the square of each run of white space in steps. */
const MOST_SPACE_STEPS = 50_000_000;

/**
 * Compiles a chat template (Jinja, as in `tokenizer_config.json`). The source is not trusted: it sees only the
 * messages, the token texts and a few functions, and each render has the limits of `TemplateLimits`.
 * Errors: `OrpoError('template')`, here for bad syntax and in `render` for everything else.
 */
export function compileChatTemplate(source: string, options: ChatTemplateOptions = {}): ChatTemplate {
  const program = parseTemplate(source);
  const writing = guard('The chat template cannot be read', () => writingStatements(program));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let budget = new TemplateBudget(limits);
  const globals = templateGlobals(() => budget, options.now ?? (() => new Date()));
  globals.set('tools', null);
  globals.set('documents', null);
  if (options.bosToken !== undefined) globals.set('bos_token', options.bosToken);
  if (options.eosToken !== undefined) globals.set('eos_token', options.eosToken);
  const turns = new TurnValues();
  return {
    render(messages, { addGenerationPrompt }) {
      budget = new TemplateBudget(limits);
      budget.list(messages.length);
      // what a template sets stays in the scope of this render
      const environment = new JinjaEnvironment(globals);
      environment.setVariable('messages', toList(turns.of(messages)));
      environment.set('add_generation_prompt', addGenerationPrompt);
      return guard('The chat template cannot be rendered', () => {
        const result = new GuardedInterpreter(environment, writing, budget).run(program);
        return isText(result) ? result.value : '';
      });
    },
  };
}

/**
 * Messages in the template language's form. A conversation is rendered several times, with and without its responses, so
 * the values of the last one are used again where a message says the same; templates cannot change them.
 */
class TurnValues {
  #last: { readonly message: Message; readonly value: RuntimeValue }[] = [];

  of(messages: readonly Message[]): RuntimeValue[] {
    this.#last = messages.map(({ role, content }, at) => {
      const known = this.#last[at];
      if (known?.message.role === role && known.message.content === content) return known;
      const message = { role, content };
      return { message, value: toRuntime(message) };
    });
    return this.#last.map(({ value }) => value);
  }
}

function parseTemplate(source: string): Node {
  if (source.length > LONGEST_SOURCE) {
    throw templateError(`The chat template is longer than ${LONGEST_SOURCE} characters.`);
  }
  let steps = 0;
  for (const [run] of source.matchAll(/\s+/g)) steps += run.length ** 2 / 2;
  if (steps > MOST_SPACE_STEPS) throw templateError('The chat template holds very long runs of white space.');
  return guard('The chat template cannot be read', () => parseJinja(source.replace(/\r\n?/g, '\n')));
}

/** Gives whatever goes wrong inside the library the shape of an `OrpoError('template')`. */
function guard<T>(failure: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof OrpoError) throw error;
    if (error instanceof RangeError) {
      throw templateError(`${failure}: it nests too deeply or grows too large.`, undefined, { cause: error });
    }
    const reason =
      error instanceof Error && error.message !== '' ? error.message : 'a loop is left where there is none';
    throw templateError(`${failure}: ${reason.slice(0, 500).replace(/\.$/, '')}.`, undefined, { cause: error });
  }
}
