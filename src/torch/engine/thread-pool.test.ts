import { describe, expect, it } from 'vitest';
import { waitPolitely } from './thread-pool.js';

describe('waitPolitely', () => {
  it('says how long threads wait for work, unless the environment does', () => {
    const silent: NodeJS.ProcessEnv = {};
    waitPolitely(silent);
    expect(Number(silent.GOMP_SPINCOUNT)).toBeLessThan(300_000);
    for (const told of [{ GOMP_SPINCOUNT: '9' }, { OMP_WAIT_POLICY: 'active' }]) {
      const env: NodeJS.ProcessEnv = { ...told };
      waitPolitely(env);
      expect(env).toEqual(told);
    }
  });
});
