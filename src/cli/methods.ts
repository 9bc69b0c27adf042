import type { Command } from 'commander';
import { nearest, OrpoError } from '../errors.js';
import type { MethodEntry } from '../objectives/catalogue.js';
import type { Colours } from './colours.js';
import { runVerb } from './run-verb.js';

export function register(program: Command): void {
  program
    .command('methods')
    .description('list the methods: what each learns from, what it costs, its loss and where that is from')
    .argument('[name]', 'one method, with its settings')
    .action(
      runVerb(async (output, name: string | undefined) => {
        const { catalogue } = await import('../objectives/catalogue.js');
        const entries = catalogue();
        const chosen = name === undefined ? entries : [named(entries, name)];
        for (const entry of chosen) {
          output.record({ type: 'method', ...entry });
          for (const line of describeMethod(entry, output.colours, name !== undefined)) output.text(line);
        }
        if (name === undefined) output.text('Settings of one: orpo methods NAME. Which one, when: docs/methods.md.');
        output.record({ type: 'result', methods: chosen.map((entry) => entry.name) });
        return 0;
      }),
    );
}

function named(entries: readonly MethodEntry[], name: string): MethodEntry {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    name,
    entries.map((entry) => entry.name),
  );
  throw new OrpoError(
    'config',
    `There is no method "${name}".`,
    near === undefined ? 'See orpo methods.' : `Did you mean "${near}"?`,
  );
}

/** A method as lines for people. */
export function describeMethod(entry: MethodEntry, { bold, dim }: Colours, settings: boolean): string[] {
  const { forwards } = entry;
  const cost = forwards.reference === 0 ? `${forwards.policy}` : `${forwards.policy} + ${forwards.reference}`;
  const reference = { true: 'reference', false: 'no reference', optional: 'reference if asked for' }[
    `${entry.reference}` as const
  ];
  return [
    `${bold(entry.name.padEnd(14))} ${entry.data}, ${reference}, ${cost} forward${cost === '1' ? '' : 's'}${entry.data === 'text' ? '' : ' a pair'}`,
    `  ${entry.formula}  ${dim(`(${entry.source})`)}`,
    `  ${entry.use}`,
    ...(settings
      ? entry.settings.map(
          (setting) =>
            `  objective.${setting.key}${setting.default === undefined ? '' : ` = ${JSON.stringify(setting.default)}`}  ${dim(setting.meaning)}`,
        )
      : []),
    '',
  ];
}
