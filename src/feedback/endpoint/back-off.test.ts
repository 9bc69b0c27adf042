import { expect, it } from 'vitest';
import { retryAfter, waitBefore } from './back-off.js';

it('doubles the wait, takes at most half of it off, and stops growing', () => {
  expect([1, 2, 3].map((attempt) => waitBefore(attempt, 0.5, undefined, 0))).toEqual([0.25, 0.5, 1]);
  expect(waitBefore(3, 0.5, undefined, 1)).toBe(2);
  expect(waitBefore(40, 0.5, undefined, 1)).toBe(60);
});

it('never waits less than the server asks', () => {
  expect(waitBefore(1, 0.5, 7, 0)).toBe(7);
  expect(waitBefore(5, 0.5, 1, 1)).toBe(8);
});

it('reads Retry-After as seconds or as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(retryAfter('3', now)).toBe(3);
  expect(retryAfter('Thu, 01 Jan 2026 00:00:09 GMT', now)).toBe(9);
  expect(retryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
  expect(retryAfter('soon', now)).toBeUndefined();
  expect(retryAfter(null, now)).toBeUndefined();
});
