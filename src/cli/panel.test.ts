import { describe, expect, it } from 'vitest';
import type { TrainEvent } from '../training/events.js';
import { withColours } from './colours.js';
import { renderPanel } from './panel.js';
import { plainLine } from './plain-lines.js';
import { applyEvent, emptyView, type RunView, secondsLeft, tokensPerSecond } from './run-view.js';

const start: TrainEvent = {
  type: 'start',
  run: '/runs/first',
  method: 'orpo',
  model: './models/SmolLM2-135M',
  precision: 'bf16',
  why: 'the CPU has AMX',
  examples: 1200,
  evaluation: 60,
  steps: 40,
  from: 0,
  parameters: 134_515_008,
  trained: 4_884_480,
  memory: { expected: 2 ** 30, recompute: 0, layers: 30 },
};

function step(number: number, more: Record<string, number> = {}): TrainEvent {
  const metrics = {
    loss: 3 - number / 100,
    nll_loss: 2.9 - number / 100,
    log_odds_ratio: -0.75,
    'rewards/margins': number / 1000,
    'rewards/accuracies': 0.625,
    learning_rate: 5e-6,
    grad_norm: 1.25,
    ...more,
  };
  return {
    type: 'step',
    step: number,
    steps: 40,
    seconds: 2,
    tokens: 3000,
    flops: 1e12,
    peakBytes: 1.5 * 2 ** 30,
    metrics,
  };
}

function following(...events: TrainEvent[]): RunView {
  return events.reduce(applyEvent, emptyView);
}

const visible = (line: string): string =>
  line
    .split('\u001b')
    .map((part, i) => (i === 0 ? part : part.replace(/^\[\d+m/, '')))
    .join('');

describe('the panel', () => {
  it('shows both parts of the loss, margin, accuracy, rates, memory and times', () => {
    const text = renderPanel(following(start, step(1), step(2), step(10)), { width: 100, elapsed: 61 }).join('\n');
    expect(text).toContain('orpo ./models/SmolLM2-135M');
    expect(text).toContain('135M parameters, 4.9M trained, bf16, 1.2k examples → /runs/first');
    expect(text).toMatch(/^step 10\/40 {2}█+░+ {2}1 min 01 s, 1 min 00 s left$/m);
    expect(text).toMatch(/\bnll +2\.800/);
    expect(text).toMatch(/odds ratio +0\.7500/);
    expect(text).toMatch(/margin +0\.01000/);
    expect(text).toMatch(/accuracy +62\.5%/);
    expect(text).toMatch(/learning rate +5e-6/);
    expect(text).toMatch(/grad norm +1\.25/);
    expect(text).toMatch(/tokens\/s +1\.5k/);
    expect(text).toMatch(/peak memory +1\.5 GiB/);
    expect(text).toMatch(/^loss {4}█▇▁$/m);
    expect(text).toMatch(/^margin {2}▁▂█$/m);
  });

  it.each([20, 33, 60, 80, 200])('is never wider than a terminal of %i columns', (width) => {
    const evaluation: TrainEvent = { type: 'eval', step: 40, metrics: { loss: 1, nll_loss: 0.9 } };
    const events = Array.from({ length: 300 }, (_, i) => step(i % 40));
    const view = { ...following({ ...start, model: 'm'.repeat(300) }, ...events, evaluation), saving: true };
    for (const line of renderPanel(view, { width, elapsed: 1e6, colours: withColours })) {
      expect([...visible(line)].length).toBeLessThanOrEqual(Math.max(20, width - 1));
    }
  });

  it('says what goes on before the first step and while saving', () => {
    expect(renderPanel(emptyView, { width: 80, elapsed: 0 })).toEqual(['starting …']);
    const lines = renderPanel({ ...following(start, step(1)), saving: true }, { width: 80, elapsed: 0 });
    expect(lines.at(-1)).toMatch(/^saving …/);
  });

  it('leaves out what a method does not measure', () => {
    const bare: TrainEvent = {
      type: 'step',
      step: 1,
      steps: 2,
      seconds: 1,
      tokens: 1,
      flops: 1,
      peakBytes: 0,
      metrics: { loss: 2 },
    };
    const view = following(start, bare);
    const text = renderPanel(view, { width: 80, elapsed: 0 }).join('\n');
    expect(text).toMatch(/loss +2\.000/);
    expect(text).not.toMatch(/odds ratio|margin|accuracy/);
  });

  it('obeys no control characters in names', () => {
    const view = following({ ...start, model: 'evil\u001b[2J' }, step(1));
    expect(renderPanel(view, { width: 80, elapsed: 0 }).join('\n')).not.toContain('\u001b');
  });
});

describe('speed', () => {
  it('is that of the newest 20 steps', () => {
    const slow: TrainEvent = {
      type: 'step',
      step: 1,
      steps: 40,
      seconds: 100,
      tokens: 1,
      flops: 1,
      peakBytes: 0,
      metrics: {},
    };
    const fast = Array.from({ length: 20 }, (_, i) => step(i + 2));
    const view = following(slow, ...fast);
    expect(tokensPerSecond(view)).toBe(1500);
    expect(secondsLeft(view)).toBe(38);
  });

  it('is unknown before the first step', () => {
    expect(tokensPerSecond(emptyView)).toBeUndefined();
    expect(secondsLeft(emptyView)).toBeUndefined();
  });
});

it('writes one line an event where there is no terminal', () => {
  const view = following(start, step(3));
  expect(plainLine(step(3), view)).toBe(
    'step 3/40  loss 2.970  nll 2.870  odds ratio 0.7500  margin 0.00300  accuracy 62.5%  learning rate 5e-6  ' +
      'grad norm 1.25  1.5k tokens/s  1.5 GiB  1 min 14 s left',
  );
  expect(plainLine(start, view)).toContain('1,200 examples, 60 to evaluate; 40 steps → /runs/first');
  expect(plainLine({ type: 'eval', step: 40, metrics: { loss: 1.5 } }, view)).toBe('eval at 40  loss 1.500');
});
