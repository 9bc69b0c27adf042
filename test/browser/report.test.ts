import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { train } from '../../src/training/train.js';
import { smallConfig } from '../faults/small-run.js';
import { aboutBrowser, CONTRASTS, CUT_TEXTS, executablePath, launch, type Opened, openPage } from './open-page.js';

describe.skipIf(executablePath === undefined)(`the report in a browser${aboutBrowser}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-report-'));
  const url = pathToFileURL(join(folder, 'run', 'report.html')).href;
  let browser: Browser;

  beforeAll(async () => {
    await ensureEngine({ install: false });
    const events = [];
    for await (const { type } of train(smallConfig(folder, 'run', { adapter: true }))) events.push(type);
    expect(events.at(-1)).toBe('result');
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  const open = (width: number, colorScheme: 'light' | 'dark'): Promise<Opened> =>
    openPage(browser, url, { width, colorScheme });

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [768, 'light'],
    [1280, 'dark'],
  ] as const)('says nothing, asks for nothing and is not wider than %i pixels (%s)', async (width, scheme) => {
    const { page, said } = await open(width, scheme);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(said).toEqual([]);
    expect(await page.evaluate(CUT_TEXTS)).toEqual([]);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('can be read: contrast of at least 4.5 in %s', async (scheme) => {
    const { page } = await open(1280, scheme);
    const ratios = await page.evaluate<Record<string, number>>(CONTRASTS);
    expect(Object.keys(ratios).length).toBeGreaterThan(5);
    expect(Object.entries(ratios).filter(([, ratio]) => ratio < 4.5)).toEqual([]);
    await page.close();
  });

  it('shows the values of the update that is pointed at, and hides them again', async () => {
    const { page } = await open(1280, 'light');
    const chart = page.locator('figure svg').first();
    await chart.scrollIntoViewIfNeeded();
    const shown = chart.locator('.read:visible');
    expect(await shown.count()).toBe(0);
    await chart.locator('.reach').nth(4).hover();
    expect(await shown.count()).toBe(1);
    expect(await shown.textContent()).toMatch(/update 4.*loss \d/s);
    await page.mouse.move(0, 0);
    expect(await shown.count()).toBe(0);
    await page.close();
  });
});
