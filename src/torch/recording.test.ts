import { afterEach, describe, expect, it } from 'vitest';
import { backward, memory, ones, type Recording, scope, span, startRecording, stopRecording } from './index.js';
import { noteWork, openSpan } from './recording.js';

function record(body: () => void): Recording {
  startRecording();
  try {
    body();
  } finally {
    recording = stopRecording();
  }
  return recording;
}
let recording: Recording | undefined;
afterEach(() => {
  recording = undefined;
});

const of = ({ totals }: Recording, name: string) => totals.filter((entry) => entry.name === name);

describe('a recording', () => {
  it('counts the operations and bytes of a product from its shapes', () => {
    const before = memory();
    const seen = record(() =>
      scope(() => {
        ones([3, 4]).matmul(ones([4, 5]));
      }),
    );
    const [product, ...others] = of(seen, 'mm');
    expect(others).toEqual([]);
    expect(product).toMatchObject({ kind: 'operator', calls: 1, flops: 2 * 3 * 4 * 5, backward: false });
    expect(product?.bytes).toBe(4 * (3 * 4 + 4 * 5 + 3 * 5));
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('takes views for what they are: nothing is moved', () => {
    const seen = record(() =>
      scope(() => {
        ones([64, 64]).transpose(0, 1);
      }),
    );
    expect(of(seen, 'transpose')[0]?.bytes).toBe(0);
  });

  it('gives operators to the innermost span and the outermost phase', () => {
    const seen = record(() =>
      span('update', () =>
        scope(() => {
          span('mlp', () => ones([8, 8]).mul(2));
          ones([2]).exp();
        }),
      ),
    );
    expect(of(seen, 'mul')[0]).toMatchObject({ phase: 'update', floor: 'mlp' });
    expect(of(seen, 'exp')[0]).toMatchObject({ phase: 'update', floor: 'update' });
    const [update] = of(seen, 'update');
    const inside = seen.totals.filter(({ phase }) => phase === 'update').reduce((sum, { own }) => sum + own, 0);
    // own times of all that lies inside a span, and of itself, are its time
    expect(inside).toBeCloseTo(update?.all ?? 0, 9);
  });

  it('gives the nodes of the backward pass to the floor of their operator', () => {
    const seen = record(() =>
      span('update', () =>
        scope(() => {
          const weight = ones([4, 4]);
          weight.setRequiresGrad(true);
          const hidden = span('mlp', () => ones([2, 4]).matmul(weight));
          const loss = span('loss', () => hidden.exp().sum());
          span('backward', () => backward(loss));
          weight.clearGrad();
        }),
      ),
    );
    expect(of(seen, 'mm').filter(({ backward: back }) => back)).toMatchObject([{ floor: 'mlp' }]);
    expect(of(seen, 'MmBackward0')).toMatchObject([{ kind: 'backward', floor: 'mlp', backward: true }]);
    expect(of(seen, 'ExpBackward0')).toMatchObject([{ floor: 'loss' }]);
  });

  it('keeps counting when the trace is full', () => {
    startRecording(3);
    scope(() => {
      for (let i = 0; i < 10; i++) ones([1]).exp();
    });
    const seen = stopRecording();
    expect(seen.trace).toHaveLength(3);
    expect(seen.untraced).toBeGreaterThan(0);
    expect(of(seen, 'exp')[0]?.calls).toBe(10);
  });

  it('closes a span that a failure left, and takes each closing once', () => {
    const seen = record(() => {
      const close = openSpan('outer');
      expect(() =>
        span('inner', () => {
          throw new Error('on purpose');
        }),
      ).toThrow('on purpose');
      close();
      close();
      span('next', () => {});
    });
    expect(of(seen, 'next')[0]?.phase).toBe('next');
  });

  it('adds up what it is told of the work, and nothing before it began', () => {
    noteWork('update', 100);
    const seen = record(() => {
      noteWork('update', 5);
      noteWork('update', 7);
    });
    expect(seen.work.get('update')).toBe(12);
  });

  it('is one at a time', () => {
    record(() => expect(() => startRecording()).toThrow(/already/));
    expect(stopped()).toThrow();
  });
});

function stopped(): () => unknown {
  return () => stopRecording();
}
