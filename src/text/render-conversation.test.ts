import { describe, expect, it } from 'vitest';
import { compileChatTemplate, type Message } from './chat-template.js';
import { renderPrompt, splitRender } from './render-conversation.js';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

const TURNS = '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}';
const plain = compileChatTemplate(`${TURNS}{% if add_generation_prompt %}<|assistant|>{% endif %}`);
const thinking = compileChatTemplate(`${TURNS}{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}`);
const trimming = compileChatTemplate(
  '{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
);
/** Writes the system message before the last user message, as some real templates do. */
const moving = compileChatTemplate(
  "{% for m in messages %}{% if m.role == 'user' and loop.last %}<<{{ messages[0].content }}>>{% endif %}<|{{ m.role }}|>{{ m.content }}{% endfor %}",
);

describe('splitRender', () => {
  it('cuts after the generation prompt', () => {
    expect(splitRender(plain, [user('q')], [assistant('a')])).toEqual({
      prompt: '<|user|>q<|end|><|assistant|>',
      response: 'a<|end|>',
    });
  });

  it('takes responses of several turns', () => {
    expect(splitRender(plain, [user('q')], [assistant('a'), user('r'), assistant('b')]).response).toBe(
      'a<|end|><|user|>r<|end|><|assistant|>b<|end|>',
    );
  });

  it('goes on with an assistant message', () => {
    const split = splitRender(plain, [user('q'), assistant('one ')], [assistant('two'), user('r')]);
    expect(split).toEqual({
      prompt: '<|user|>q<|end|><|assistant|>one ',
      response: 'two<|end|><|user|>r<|end|>',
    });
  });

  it('goes on where the template trims', () => {
    const split = splitRender(trimming, [user(' q '), assistant(' one ')], [assistant('two ')]);
    expect(split).toEqual({ prompt: '<|user|>q<|end|><|assistant|>one', response: ' two<|end|>' });
  });

  it('cuts where the renders part when only the generation prompt differs', () => {
    expect(splitRender(thinking, [user('q')], [assistant('a')])).toEqual({
      prompt: '<|user|>q<|end|><|assistant|>',
      response: 'a<|end|>',
    });
    // the answer begins like the generation prompt's surplus: it is not torn apart
    expect(splitRender(thinking, [user('q')], [assistant('<think>hm</think>a')])).toEqual({
      prompt: '<|user|>q<|end|><|assistant|>',
      response: '<think>hm</think>a<|end|>',
    });
  });

  it('is not misled by contents that occur elsewhere', () => {
    for (const words of ['a', '|', '<', 'user', '<|assistant|>', '']) {
      const split = splitRender(thinking, [user(words)], [assistant(words)]);
      expect(split).toEqual({ prompt: `<|user|>${words}<|end|><|assistant|>`, response: `${words}<|end|>` });
    }
  });

  it('is the whole text without a prompt', () => {
    expect(splitRender(plain, [], [assistant('a')])).toEqual({ prompt: '', response: '<|assistant|>a<|end|>' });
  });

  it('refuses a template that rewrites the prompt', () => {
    expect(() => splitRender(moving, [{ role: 'system', content: 's' }, user('q')], [assistant('a')])).toThrow(
      expect.objectContaining({ code: 'template', hint: expect.stringContaining('system message') }),
    );
  });

  it('refuses a template that leaves answers out, but not one that shortens them', () => {
    const parts = compileChatTemplate(
      "{% for m in messages %}<{% for p in m.content if p.type == 'text' %}{{ p }}{% endfor %}>{% endfor %}",
    );
    expect(() => splitRender(parts, [user('q')], [assistant('a b')])).toThrow(/leaves out/);
    const thoughtless = compileChatTemplate(
      "{% for m in messages %}<{{ m.content.split('</think>')[-1] }}>{% endfor %}",
    );
    expect(splitRender(thoughtless, [user('q')], [assistant('hm</think>a')]).response).toBe('<a>');
  });

  it('refuses no response, and a user who goes on for the assistant', () => {
    expect(() => splitRender(plain, [user('q')], [])).toThrow(/holds no message/);
    expect(() => splitRender(plain, [user('q'), assistant('a')], [user('b')])).toThrow(/role "user"/);
  });

  it('refuses to go on with a message that the template leaves out', () => {
    const silent = compileChatTemplate("{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}");
    expect(() => splitRender(silent, [user('q'), assistant('a')], [assistant('b')])).toThrow(/cannot be continued/);
  });

  it('never cuts a surrogate pair', () => {
    const faces = compileChatTemplate(
      '{% for m in messages %}{{ m.content }}|{% endfor %}{% if add_generation_prompt %}\ud83d\ude42{% else %}\ud83d\ude43{% endif %}',
    );
    const split = splitRender(faces, [user('q')], [assistant('\ud83d\ude43')]);
    expect(split.prompt).toBe('q|');
  });
});

describe('renderPrompt', () => {
  it('ends with the generation prompt, or with the words that are gone on from', () => {
    expect(renderPrompt(plain, [user('q')])).toBe('<|user|>q<|end|><|assistant|>');
    expect(renderPrompt(plain, [user('q'), assistant('so')])).toBe('<|user|>q<|end|><|assistant|>so');
  });
});
