import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { engineReport } from './report.js';

const folder = mkdtempSync(join(tmpdir(), 'orpo-report-'));

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('engineReport', () => {
  it('names what a bare machine lacks', () => {
    vi.stubEnv('ORPO_CACHE', join(folder, 'cache'));
    vi.stubEnv('ORPO_TORCH', '');
    vi.stubEnv('CXX', '');
    vi.stubEnv('PATH', folder);
    const report = engineReport();
    expect(report).toMatchObject({ torch: undefined, addon: undefined, compiler: undefined, python: undefined });
    expect(report.problems.map(({ what }) => what)).toEqual([
      'No torch was found.',
      'No C++ compiler (g++) was found.',
    ]);
    expect(report.memory.total).toBeGreaterThan(report.memory.free);
    expect(report.cpu.cores).toBeGreaterThan(0);
  });

  it('turns an ORPO_TORCH that cannot be used into a problem', () => {
    vi.stubEnv('ORPO_TORCH', join(folder, 'missing'));
    expect(engineReport().problems[0]?.what).toMatch(/ORPO_TORCH names .*missing/);
  });
});
