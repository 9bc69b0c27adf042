import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatTemplateSource, loadChatTemplate, templateOfConfig, templateOfGguf } from './find-chat-template.js';
import { byteTokenizerJson } from './testdata/byte-tokenizer.js';
import { tokenizerFromJson } from './tokenizer-json.js';

describe('chat templates of folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'orpo-template-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: unknown) =>
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

  it('are found in order', () => {
    expect(chatTemplateSource(folder)).toBeUndefined();
    write('chat_template.json', { chat_template: 'third' });
    expect(chatTemplateSource(folder)).toBe('third');
    write('tokenizer_config.json', { chat_template: 'second' });
    expect(chatTemplateSource(folder)).toBe('second');
    write('chat_template.jinja', 'first');
    expect(chatTemplateSource(folder)).toBe('first');
  });

  it('know the token texts of their tokenizer', () => {
    const tokenizer = tokenizerFromJson({
      tokenizerJson: byteTokenizerJson([]),
      tokenizerConfig: { bos_token: '<s>', eos_token: '</s>' },
    });
    expect(loadChatTemplate(folder, tokenizer)).toBeUndefined();
    write('chat_template.jinja', '{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token }}');
    const template = loadChatTemplate(folder, tokenizer);
    expect(template?.render([{ role: 'user', content: 'q' }], { addGenerationPrompt: false })).toBe('<s>q</s>');
  });

  it('name a file that is no JSON', () => {
    write('tokenizer_config.json', '{');
    expect(() => chatTemplateSource(folder)).toThrow(/tokenizer_config\.json is not readable JSON/);
  });
});

describe('templateOfConfig', () => {
  it('takes a text, or the default of named texts', () => {
    expect(templateOfConfig({ chat_template: 'x' })).toBe('x');
    const named = [
      { name: 'tool_use', template: 't' },
      { name: 'default', template: 'd' },
    ];
    expect(templateOfConfig({ chat_template: named })).toBe('d');
    expect(templateOfConfig({ chat_template: [named[0]] })).toBe('t');
    expect(templateOfConfig({ chat_template: { default: 'd', rag: 'r' } })).toBe('d');
  });

  it.each([[{}], [null], [undefined], ['text'], [{ chat_template: null }]])('finds none in %j', (config) => {
    expect(templateOfConfig(config)).toBeUndefined();
  });

  it.each([[{ chat_template: 3 }], [{ chat_template: [] }], [{ chat_template: { rag: 'r', tools: 't' } }]])(
    'refuses %j',
    (config) => {
      expect(() => templateOfConfig(config, 'x.json')).toThrow(/x\.json holds no chat template named "default"/);
    },
  );
});

describe('templateOfGguf', () => {
  it('is the text under its key', () => {
    expect(templateOfGguf(new Map([['tokenizer.chat_template', 'x']]))).toBe('x');
    expect(templateOfGguf(new Map())).toBeUndefined();
    expect(templateOfGguf(new Map([['tokenizer.chat_template', '']]))).toBeUndefined();
  });
});
