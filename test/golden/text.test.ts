import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadChatTemplate } from '../../src/text/find-chat-template.js';
import { loadTokenizerFolder } from '../../src/text/tokenizer-json.js';
import { entries, goldenFolders, readGolden, skipWhatIsAbsent } from './golden-folder.js';

interface Expected {
  readonly encode: readonly { text: string; ids: readonly number[]; decoded: string }[];
  readonly chat: readonly {
    messages: readonly { role: string; content: string }[];
    add_generation_prompt: boolean;
    text: string;
  }[];
}

skipWhatIsAbsent('text', 'expected.json');
for (const { name, path } of goldenFolders('text', 'expected.json')) {
  const expected = readGolden<Expected>(path, 'text', 'expected.json');
  const reference = readFileSync(join(path, 'models/llama/tokenizer.json'), 'utf8');
  const models = entries(path, 'models').filter(
    (model) => readFileSync(join(path, 'models', model, 'tokenizer.json'), 'utf8') === reference,
  );
  describe.each(models)(`${name} text with the tokenizer of %s`, (model) => {
    const folder = join(path, 'models', model);
    const tokenizer = loadTokenizerFolder(folder);

    it.each(expected.encode)('encodes and decodes $text', ({ text, ids, decoded }) => {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    });

    it.each(expected.chat)('renders conversation %#', ({ messages, add_generation_prompt, text }) => {
      const template = loadChatTemplate(folder, tokenizer);
      expect(template?.render(messages, { addGenerationPrompt: add_generation_prompt })).toBe(text);
    });
  });
}
