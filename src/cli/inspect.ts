import { type Command, InvalidArgumentError, Option } from 'commander';
import { marginKinds } from '../evaluation/data-quality/margin-kinds.js';
import type { InspectFlags } from './inspect-plan.js';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

const NOTES = `
With --model, rows are rendered and counted in tokens as training would see them; only its tokenizer is loaded, and its
weights too with --margin. In the examples, the prompt is dim, what is trained on green, and what is cut off red and
struck through.

  orpo inspect pairs.jsonl --held-out test.jsonl
  orpo inspect pairs.jsonl --filters 'duplicates: near, conflicts: pairs, languages: [en]' --write clean.jsonl
  orpo inspect pairs.jsonl --model base --adapter runs/first --margin implicit --write clean.jsonl
  orpo inspect --config first.yaml

docs/data-quality.md says what each check means; docs/config.md lists the filters (data.filters).`;

export function register(program: Command): void {
  program
    .command('inspect')
    .description('show what is in a data file, what is wrong with it and what training would make of it')
    .argument('[file]', 'data file: .jsonl, .json, .csv or .parquet')
    .option('--config <file>', 'take data, filters and model of this configuration')
    .option('--model <model>', 'count in tokens of this model: folder, .gguf file, hub id, or pypi:package')
    .option('--max-length <n>', 'most tokens of a prompt and one response together (1024)', parseCount)
    .addOption(new Option('--truncation <how>', 'what to do with a prompt too long (trunk)').choices(['trunk', 'drop']))
    .option('--limit <n>', 'look at the first n rows only; filters see all', parseCount)
    .option('--examples <n>', 'rows to show (3)', parseCount)
    .option('--quick', 'leave out the checks of quality')
    .option('--held-out <file>', 'data that is evaluated on: look for leaks')
    .option('--filters <filters>', "filters as in data.filters, such as 'duplicates: near, turns: true'")
    .addOption(new Option('--margin <kind>', 'look for wrong labels by this margin of the model').choices(marginKinds))
    .option('--adapter <folder>', 'adapter of the model, or the folder of a run that trained one')
    .option('--below <margin>', 'a label is wrong under this margin; default far under the median', parseMargin)
    .option('--write <file>', 'write the rows that are left to a new .jsonl file, the others beside it')
    .addHelpText('after', NOTES)
    .action((file: string | undefined, flags: InspectFlags, command: Command) => {
      if (file === undefined && flags.config === undefined) command.error("missing argument 'file', or --config");
      return inspect(file, flags, command);
    });
}

const inspect = runVerb(async (output, file: string | undefined, flags: InspectFlags, _: Command) => {
  const { inspectData } = await import('./inspect-data.js');
  return await inspectData(output, file, flags);
});

function parseMargin(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}
