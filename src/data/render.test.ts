import { describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { type Rendered, render } from './render.js';
import { RowProblem } from './sources/source-row.js';
import { chatMarkup } from './testing/chat-markup.js';
import { wordTokenizer } from './testing/word-tokenizer.js';

const tokenizer = wordTokenizer();
const plain = { tokenizer, template: undefined, bos: true };
const chat = { tokenizer, template: chatMarkup, bos: true };

function texts({ trunk, responses }: Rendered, words = tokenizer): string[] {
  return [trunk, ...responses].map((ids) => words.decode([...ids]));
}

describe('render', () => {
  it('joins plain text with BOS and EOS, each once', () => {
    expect(texts(render('Say hi', [' hi', ' ho'], plain))).toEqual(['<s>Say hi', ' hi</s>', ' ho</s>']);
    expect(texts(render('<s>Say hi', [' hi</s>', ' ho'], plain))).toEqual(['<s>Say hi', ' hi</s>', ' ho</s>']);
    expect(texts(render('Say hi', [' hi'], { ...plain, bos: false }))).toEqual(['Say hi', ' hi</s>']);
  });

  it('ends nothing with EOS when the tokenizer has none', () => {
    const words = wordTokenizer({ eos: false });
    expect(texts(render('Say', [' hi'], { ...plain, tokenizer: words }), words)).toEqual(['<s>Say', ' hi']);
  });

  it('makes a plain prompt one user message for a chat model, ends at the end of the turn, adds no BOS or EOS', () => {
    expect(texts(render('Say hi', ['hi', 'ho'], chat))).toEqual([
      '<|im_start|>user\nSay hi<|im_end|>\n<|im_start|>assistant\n',
      'hi<|im_end|>',
      'ho<|im_end|>',
    ]);
  });

  it('renders conversations with all their turns', () => {
    const prompt = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'A' },
    ];
    const response = [{ role: 'assistant', content: 'B' }];
    expect(texts(render(prompt, [response], chat))).toEqual([
      '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nA<|im_end|>\n<|im_start|>assistant\n',
      'B<|im_end|>',
    ]);
    expect(texts(render(prompt, [response], plain))).toEqual(['<s>\n\nS\n\nHuman: A\n\nAssistant:', ' B</s>']);
  });

  it('adds EOS where the template ends a turn without a special token', () => {
    const bare = {
      render: (messages: readonly { role: string; content: string }[], how: { addGenerationPrompt: boolean }) =>
        messages.map(({ role, content }) => `${role}: ${content}\n`).join('') +
        (how.addGenerationPrompt ? 'assistant: ' : ''),
    };
    const [trunk, response] = texts(render('Q', ['A <|im_end|> B'], { ...chat, template: bare }));
    expect(trunk).toBe('user: Q\nassistant: ');
    expect(response?.endsWith('</s>')).toBe(true);
    expect(response?.startsWith('A <|im_end|> B')).toBe(true);
  });

  it('keeps the empty prompt out of the chat template and begins with BOS', () => {
    for (const settings of [plain, chat, { ...plain, bos: false }]) {
      expect(texts(render('', ['cats sleep', 'cats sleeps'], settings))).toEqual([
        '<s>',
        'cats sleep</s>',
        'cats sleeps</s>',
      ]);
    }
  });

  it('without BOS begins with the first token the responses share, else with EOS, else with nothing', () => {
    const words = wordTokenizer({ bos: false });
    const from = (responses: string[], own = words) =>
      texts(render('', responses, { tokenizer: own, template: undefined, bos: false }), own);
    expect(from(['cats sleep', 'cats sleeps'])).toEqual(['cats', ' sleep</s>', ' sleeps</s>']);
    expect(from(['cats sleep', 'dogs sleep'])).toEqual(['</s>', 'cats sleep</s>', 'dogs sleep</s>']);
    const bare = wordTokenizer({ bos: false, eos: false });
    expect(from(['cats sleep', 'dogs sleep'], bare)).toEqual(['', 'cats sleep', 'dogs sleep']);
    expect(from(['cats', 'cats sleep'], bare)).toEqual(['', 'cats', 'cats sleep']);
    expect(from(['cats sleep'], bare)).toEqual(['cats', ' sleep']);
  });

  it('makes a refusal of the template a problem of the row', () => {
    const refusing = {
      render: (): string => {
        throw new OrpoError('template', 'Roles must alternate.', 'Mend the conversation.');
      },
    };
    expect(() => render('Q', ['A'], { ...chat, template: refusing })).toThrow(RowProblem);
  });
});
