import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/evaluation/comparison/comparison.js';
import { comparisonPage } from '../../src/evaluation/comparison/page/page.js';
import { exampleComparison } from '../../src/evaluation/comparison/testing/example.js';
import { aboutBrowser, CONTRASTS, CUT_TEXTS, executablePath, launch, openPage } from './open-page.js';

const EVIL = '</script><script>document.title = "run"</script><img src="https://example.org/x.png" onerror="alert(1)">';
const example = exampleComparison();
const [first, ...others] = example.rows;
if (first === undefined) throw new Error('the example has rows');
/** With a row whose texts would like to be run. */
const comparison: Comparison = {
  ...example,
  rows: [
    ...others,
    { ...first, prompt: `a needle ${EVIL}`, answers: first.answers.map((answer) => ({ ...answer, text: EVIL })) },
  ],
};
const names = comparison.systems.map(({ name }) => name);

describe.skipIf(executablePath === undefined)(`a comparison in a browser${aboutBrowser}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-comparison-'));
  const path = join(folder, 'report.html');
  const url = pathToFileURL(path).href;
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(path, comparisonPage(comparison));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [768, 'light'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('says nothing, asks for nothing and is not wider than %i pixels (%s)', async (width, colorScheme) => {
    const { page, said } = await openPage(browser, url, { width, colorScheme });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(said).toEqual([]);
    expect(await page.title()).not.toBe('run');
    expect(await page.evaluate(CUT_TEXTS)).toEqual([]);
    // each figure is there once, in the width that fits
    expect(await page.getByRole('img', { name: 'Reward distributions' }).count()).toBe(1);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('can be read: contrast of at least 4.5 in %s', async (colorScheme) => {
    const { page } = await openPage(browser, url, { width: 1280, colorScheme });
    const ratios = await page.evaluate<Record<string, number>>(CONTRASTS);
    expect(Object.keys(ratios).length).toBeGreaterThan(10);
    expect(Object.entries(ratios).filter(([, ratio]) => ratio < 4.5)).toEqual([]);
    await page.close();
  });

  /** Numbers of the rows that are shown. */
  const shown = async (page: Page): Promise<string[]> => page.locator('.sample:visible h3').allTextContents();
  const rowsWhere = (wanted: (row: Comparison['rows'][number]) => boolean): string[] =>
    comparison.rows.filter(wanted).map(({ row }) => `Row ${row}`);
  const beats = (row: Comparison['rows'][number], winner: string, loser: string): boolean =>
    row.choices.some(
      ({ a, b, score = 0.5 }) =>
        (a === winner && b === loser && score > 0.5) || (a === loser && b === winner && score < 0.5),
    );

  it('filters samples by the judge’s choice, by system and by text, and shows all again', async () => {
    const { page, said } = await openPage(browser, url, { width: 1280 });
    expect(await shown(page)).toHaveLength(comparison.rows.length);
    await page.getByLabel('Judge prefers').selectOption('orpo');
    const best = rowsWhere((row) => names.every((other) => other === 'orpo' || beats(row, 'orpo', other)));
    expect(best.length).toBeGreaterThan(0);
    expect(best.length).toBeLessThan(comparison.rows.length);
    expect(await shown(page)).toEqual(best);
    expect(await page.locator('output').textContent()).toBe(`${best.length} of ${comparison.rows.length} shown`);
    await page.getByLabel('over').selectOption('sft');
    expect(await shown(page)).toEqual(rowsWhere((row) => beats(row, 'orpo', 'sft')));
    await page.getByRole('checkbox', { name: 'base' }).click();
    expect(await page.locator('.answer:visible h4', { hasText: 'base' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => shown(page)).toHaveLength(comparison.rows.length);
    expect(await page.locator('.sample').first().locator('.answer:visible').count()).toBe(names.length);
    await page.getByLabel('Text').fill('  NEEDLE ');
    expect(await shown(page)).toEqual([`Row ${first.row}`]);
    await page.getByLabel('Text').fill('nothing like it');
    expect(await shown(page)).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  it('is worked by keyboard alone: every control and every wide table is reached, and the filters answer', async () => {
    const { page } = await openPage(browser, url, { width: 390 });
    const focused = async (): Promise<string> => {
      await page.keyboard.press('Tab');
      return page.evaluate<string>(
        `(() => { const at = document.activeElement; return at.name || at.getAttribute('aria-label') || at.textContent.trim(); })()`,
      );
    };
    const reached: string[] = [];
    for (let i = 0; i < 80 && reached.at(-1) !== 'text'; i++) reached.push(await focused());
    expect(reached).toEqual(
      expect.arrayContaining(['Samples', 'Win rates against base', 'Rewards in numbers', 'Cost in numbers', 'text']),
    );
    await page.keyboard.type('needle');
    expect(await shown(page)).toEqual([`Row ${first.row}`]);
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    expect([await focused(), await focused(), await focused()]).toEqual(['winner', 'loser', 'system']);
    await page.keyboard.press('Space');
    expect(await page.locator('.answer:visible h4', { hasText: 'base' }).count()).toBe(0);
    await page.close();
  });

  it('is drawn as a picture that a README can hold', () => {
    const picture = join(folder, 'comparison.webp');
    const script = join(import.meta.dirname, '../../scripts/draw-comparison.mjs');
    execFileSync(process.execPath, [script, folder, picture], { stdio: 'pipe' });
    const bytes = readFileSync(picture);
    expect(bytes.subarray(8, 12).toString('latin1')).toBe('WEBP');
    expect(bytes.length).toBeGreaterThan(20_000);
    expect(bytes.length).toBeLessThan(200_000);
  });

  it('shows everything but the filters without a script', async () => {
    const { page, said } = await openPage(browser, url, { width: 1280, javaScriptEnabled: false });
    expect(await page.locator('form:visible').count()).toBe(0);
    expect(await page.locator('.sample:visible').count()).toBe(comparison.rows.length);
    expect(said).toEqual([]);
    await page.close();
  });
});
