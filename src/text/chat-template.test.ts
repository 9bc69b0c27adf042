import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OrpoError } from '../errors.js';
import { compileChatTemplate } from './chat-template.js';

const messageSchema = z.object({ role: z.string(), content: z.string() });
const referenceSchema = z.object({
  messages: z.array(messageSchema),
  cases: z.array(
    z.object({
      source: z.string(),
      addGenerationPrompt: z.boolean(),
      text: z.string().optional(),
      error: z.boolean().optional(),
    }),
  ),
});
const reference = referenceSchema.parse(
  JSON.parse(readFileSync(new URL('testdata/jinja-reference.json', import.meta.url), 'utf8')),
);
const now = () => new Date(2024, 2, 5, 14, 7);

describe('compileChatTemplate beside Jinja2', () => {
  it.each(reference.cases)('$source', ({ source, addGenerationPrompt, text }) => {
    const render = () =>
      compileChatTemplate(source, { bosToken: '<s>', eosToken: '</s>', now }).render(reference.messages, {
        addGenerationPrompt,
      });
    if (text === undefined) expect(render).toThrow(OrpoError);
    else expect(render()).toBe(text);
  });
});

const golden = resolve(process.env.GOLDEN_DIR ?? '../shared/golden');
const goldenSchema = z.object({
  chat: z.array(z.object({ messages: z.array(messageSchema), add_generation_prompt: z.boolean(), text: z.string() })),
});

describe.skipIf(!existsSync(join(golden, 'text/expected.json')))(
  'golden chat texts (GOLDEN_DIR, skipped without)',
  () => {
    it('are rendered', () => {
      const { chat } = goldenSchema.parse(JSON.parse(readFileSync(join(golden, 'text/expected.json'), 'utf8')));
      const template = compileChatTemplate(readFileSync(join(golden, 'models/llama/chat_template.jinja'), 'utf8'));
      expect(chat.length).toBeGreaterThan(0);
      for (const { messages, add_generation_prompt: addGenerationPrompt, text } of chat) {
        expect(template.render(messages, { addGenerationPrompt })).toBe(text);
      }
    });
  },
);

describe('errors of templates', () => {
  const render = (source: string) =>
    compileChatTemplate(source).render([{ role: 'user', content: 'q' }], { addGenerationPrompt: false });

  it('says what the template says', () => {
    expect(() => render("{{ raise_exception('roles must alternate') }}")).toThrow(/roles must alternate/);
  });

  it('names the syntax that cannot be read', () => {
    expect(() => compileChatTemplate("{% include 'x' %}")).toThrow(/cannot be read: Unknown statement type: include/);
  });

  it('has a hint', () => {
    expect(() => render('{{ nothing.here }}')).toThrow(
      expect.objectContaining({ code: 'template', hint: expect.stringContaining('conversation') }),
    );
  });
});

describe('templates', () => {
  it('can be rendered again and again with the same result', () => {
    const template = compileChatTemplate('{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}');
    const texts = [1, 2, 3].map(() => template.render([], { addGenerationPrompt: false }));
    expect(texts).toEqual(['1', '1', '1']);
  });

  it('keeps nothing of a render for the next but what says the same', () => {
    const template = compileChatTemplate(
      '{% set bos_token = bos_token ~ "!" %}{{ bos_token }}{{ messages[0].content }}',
      {
        bosToken: 'b',
      },
    );
    const message = { role: 'user', content: 'one' };
    expect(template.render([message], { addGenerationPrompt: false })).toBe('b!one');
    message.content = 'two';
    expect(template.render([message], { addGenerationPrompt: false })).toBe('b!two');
  });

  it('has each round of a loop begin without what the one before has set', () => {
    const source =
      '{% for i in range(3) %}{% if seen is defined %}leak{% endif %}{% set seen = i %}{{ seen }}{% endfor %}';
    expect(compileChatTemplate(source).render([], { addGenerationPrompt: false })).toBe('012');
  });

  it('sums from left to right, texts and numbers alike', () => {
    const render = (source: string) => compileChatTemplate(source).render([], { addGenerationPrompt: false });
    expect(render("{{ 1 + 2 + 3 }}{{ 'a' + 'b' + ('c' + 'd') + 'e' }}{{ [1] + [2] + [3] }}")).toBe('6abcde[1, 2, 3]');
    expect(() => render("{{ 'a' + 'b' + 1 }}")).toThrow(/adds a text to something that is not a text/);
    expect(() => render("{{ 1 + 2 + 'a' }}")).toThrow(/adds a text to something that is not a text/);
  });

  it('reads Windows line ends as Jinja does', () => {
    const template = compileChatTemplate('{% if true %}\r\na\r\n{% endif %}\r\nb');
    expect(template.render([], { addGenerationPrompt: false })).toBe('a\nb');
  });

  it('leaves template signs in contents alone', () => {
    const content = '{{ 7 * 7 }}{% raw %}{# c #}';
    expect(
      compileChatTemplate('{{ messages[0].content }}').render([{ role: 'user', content }], {
        addGenerationPrompt: false,
      }),
    ).toBe(content);
  });
});
