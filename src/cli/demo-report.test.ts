import { describe, expect, it } from 'vitest';
import { type DemoOutcome, demoReport } from './demo-report.js';

const outcome: DemoOutcome = {
  before: { pairs: 48, accuracy: 0.25, margin: -0.4, tokens: 97.4, answers: ['Thank you so much!'] },
  after: { pairs: 48, accuracy: 0.95, margin: 0.6, tokens: 51, answers: ['Open \u001b[31mSettings.'] },
  questions: ['dark mode where'],
  curves: { chosen: [-2, -1.5, -1], rejected: [-1.5, -2, -2.5] },
  training: { seconds: 100, tokens: 50_000, peakBytes: 2 ** 30 },
  seconds: 130,
  next: ['npx orpo chat'],
  tiny: false,
};

describe('demoReport', () => {
  it('tells accuracy, margin and length before and after, time, tokens and memory, and what to do next', () => {
    const text = demoReport(outcome, 80);
    expect(text).toMatch(/preference accuracy +25\.0% +→ +95\.0%/);
    expect(text).toMatch(/margin +-0\.400 +→ +0\.600/);
    expect(text).toMatch(/tokens an answer +97 +→ +51/);
    expect(text).toContain('1 min 40 s for 50,000 tokens (500 a second) and at most 1 GiB');
    expect(text).toContain('chosen answers');
    expect(text).toContain('rejected answers');
    expect(text.trimEnd().endsWith('npx orpo chat')).toBe(true);
  });

  it('keeps the answers within the terminal and lets none of them control it', () => {
    for (const width of [40, 80, 120]) {
      const text = demoReport(outcome, width);
      const answers = text.slice(text.indexOf('“'), text.indexOf('Training took'));
      expect(answers.split('\n').every((line) => line.length <= width)).toBe(true);
      expect(text).not.toContain('\u001b');
    }
  });

  it('is honest about a model made on the spot', () => {
    expect(demoReport(outcome, 80)).not.toContain('made up');
    expect(demoReport({ ...outcome, tiny: true }, 80)).toContain('made up');
  });
});
