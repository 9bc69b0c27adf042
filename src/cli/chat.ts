import type { Command } from 'commander';
import type { ChatOptions } from './chat-session.js';
import { addModelOptions, addSamplingOptions } from './model-options.js';
import { runVerb } from './run-verb.js';

export function register(program: Command): void {
  const command = addModelOptions(program.command('chat'), 'auto')
    .description('talk to a model; lines from a pipe are answered one by one')
    .option('--system <text>', 'a system message before the conversation')
    .option('--compare <model>', 'show the answer of another model beside; base: the model without its adapter')
    .addHelpText('after', '\nIn the chat: /reset forgets the conversation, /exit ends it, Ctrl-C stops an answer.');
  addSamplingOptions(command, { maxTokens: 512, temperature: 0.7 }).action(
    runVerb(async (output, options: ChatOptions) => {
      const { chat } = await import('./chat-session.js');
      return chat(output, options);
    }),
  );
}
