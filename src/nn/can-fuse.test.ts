import { describe, expect, it } from 'vitest';
import { attentionForm, withJoinedAttention, withPlainOperators } from './can-fuse.js';

describe('attentionForm', () => {
  it.each([
    ['cpu', 'float32', 64, 'fused'],
    ['cpu', 'bfloat16', 20, 'fused'],
    ['cpu', 'float64', 64, 'plain'],
    ['cuda:0', 'bfloat16', 64, 'joined'],
    ['cuda:0', 'bfloat16', 256, 'joined'],
    ['cuda:0', 'bfloat16', 264, 'plain'],
    ['cuda:0', 'bfloat16', 20, 'plain'],
    ['cuda:0', 'float32', 64, 'plain'],
  ] as const)('on %s in %s with heads of %i: %s', (device, dtype, size, form) => {
    const query = { device, dtype, shape: [7, 4, size] };
    expect(attentionForm(query)).toBe(form);
    expect(withPlainOperators(() => attentionForm(query))).toBe('plain');
    expect(withJoinedAttention(() => attentionForm(query))).toBe(form === 'fused' ? 'joined' : form);
  });
});
