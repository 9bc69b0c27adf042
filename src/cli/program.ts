import { Command, CommanderError } from 'commander';
import { nearest } from '../errors.js';
import { register as chat } from './chat.js';
import { register as compare } from './compare.js';
import { register as demo } from './demo.js';
import { register as doctor } from './doctor.js';
import { register as estimate } from './estimate.js';
import { register as evaluate } from './eval.js';
import { register as generate } from './generate.js';
import { register as inspect } from './inspect.js';
import { register as judge } from './judge.js';
import { register as merge } from './merge.js';
import { register as methods } from './methods.js';
import type { Output } from './output.js';
import { register as resume } from './resume.js';
import { processOutput, reportError } from './run-verb.js';
import { register as score } from './score.js';
import { register as setup } from './setup.js';
import { register as train } from './train.js';
import { packageVersion } from './version.js';

/** In the order in which people need them. */
const verbs = [
  setup,
  doctor,
  methods,
  inspect,
  estimate,
  train,
  resume,
  score,
  evaluate,
  compare,
  generate,
  chat,
  judge,
  merge,
  demo,
];

const EXAMPLES = `
Start here:
  orpo demo                          align a 135M chat model on this machine, in a few minutes
  orpo inspect pairs.jsonl           what is in a data file, and what training would make of it
  orpo train orpo.yaml               train as the file says

Every verb takes --help and --json.`;

/** The whole command line. Nothing heavy is loaded before a verb runs. */
export function createProgram(): Command {
  const program = new Command('orpo')
    .description('Align language models to preferences.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    // errors of use are reported once, by runProgram
    .configureOutput({ outputError: () => {} });
  for (const register of verbs) register(program);
  for (const command of program.commands) {
    command.helpOption('-h, --help', 'print this help');
    if (!command.options.some(({ long }) => long === '--json')) {
      command.option('--json', 'print JSON lines for programs');
    }
  }
  return program;
}

/** Runs the command line; returns the exit code where no verb set one. */
export async function runProgram(argv: readonly string[]): Promise<number | undefined> {
  const json = () => processOutput(argv.includes('--json'));
  const program = createProgram();
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(withoutHelpVerb(argv), { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(json(), error);
    if (error.exitCode === 0) return 0;
    return reportWrongUse(json(), program, argv, error);
  }
}

/** `orpo help` and `orpo help train` ask what `--help` does. */
function withoutHelpVerb(argv: readonly string[]): string[] {
  const [first, ...rest] = argv;
  return first === 'help' ? [...rest, '--help'] : [...argv];
}

/** Turns commander's complaint into ours; returns exit code 2. */
function reportWrongUse(output: Output, program: Command, argv: readonly string[], error: CommanderError): 2 {
  const names = program.commands.map((command) => command.name());
  const [word = ''] = argv;
  if (error.code === 'commander.unknownCommand' || (!names.includes(word) && !word.startsWith('-'))) {
    const near = nearest(word, names);
    const hint = near === undefined ? `The verbs are ${names.join(', ')}.` : `Did you mean "orpo ${near}"?`;
    output.fail('usage', `There is no verb "${word}".`, hint);
    return 2;
  }
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const help = `orpo ${names.includes(word) ? `${word} ` : ''}--help`;
  const suggestion = more
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const message = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  output.fail('usage', /[.?!]$/.test(message) ? message : `${message}.`, `${suggestion} See ${help}.`.trim());
  return 2;
}
