import { type Command, Option } from 'commander';
import { parseCount } from './parse-count.js';
import { runVerb } from './run-verb.js';

interface InspectFlags {
  readonly model?: string;
  readonly maxLength?: number;
  readonly truncation?: 'trunk' | 'drop';
  readonly limit?: number;
  readonly examples?: number;
}

const NOTES = `
With --model, rows are rendered and counted in tokens as training would see them; only its tokenizer is loaded.
In the examples, the prompt is dim, what is trained on green, and what is cut off red and struck through.`;

export function register(program: Command): void {
  program
    .command('inspect')
    .description('show what is in a data file and what training would make of it')
    .argument('<file>', 'data file: .jsonl, .json, .csv or .parquet')
    .option('--model <model>', 'count in tokens of this model: folder, .gguf file, hub id, or pypi:package')
    .option('--max-length <n>', 'most tokens of a prompt and one response together (1024)', parseCount)
    .addOption(new Option('--truncation <how>', 'what to do with a prompt too long (trunk)').choices(['trunk', 'drop']))
    .option('--limit <n>', 'look at the first n rows only', parseCount)
    .option('--examples <n>', 'rows to show (3)', parseCount)
    .addHelpText('after', NOTES)
    .action(
      runVerb(async (output, file: string, flags: InspectFlags) => {
        const { inspectFile } = await import('../data/inspect.js');
        const { describeInspection } = await import('./inspection-text.js');
        const { model, maxLength, truncation, limit, examples } = flags;
        if (model === undefined && (maxLength !== undefined || truncation !== undefined)) {
          output.note('note: lengths are counted in characters; name a --model to count tokens and see what is cut.');
        }
        const { tokenizer, template } =
          model === undefined
            ? { tokenizer: undefined, template: undefined }
            : await (await import('./model-text.js')).loadModelText(model, output);
        const options = { tokenizer, template, maxLength, truncation, limit, examples };
        const inspection = await inspectFile(file, options);
        for (const line of describeInspection(inspection, { maxLength: maxLength ?? 1024, colours: output.colours })) {
          output.text(line);
        }
        output.record({ type: 'result', ...inspection });
        return 0;
      }),
    );
}
