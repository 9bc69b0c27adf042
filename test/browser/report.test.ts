import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { train } from '../../src/training/train.js';
import { smallConfig } from '../faults/small-run.js';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.ORPO_CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
const about = executablePath === undefined ? ' (skipped: no Chromium found; ORPO_CHROMIUM may name one)' : '';

describe.skipIf(executablePath === undefined)(`the report in a browser${about}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'orpo-report-'));
  const url = pathToFileURL(join(folder, 'run', 'report.html')).href;
  let browser: Browser;

  beforeAll(async () => {
    await ensureEngine({ install: false });
    const events = [];
    for await (const { type } of train(smallConfig(folder, 'run', { adapter: true }))) events.push(type);
    expect(events.at(-1)).toBe('result');
    browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page with everything unfolded, and what it said or asked for. */
  async function open(width: number, colorScheme: 'light' | 'dark'): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== url) said.push(request.url());
    });
    await page.goto(url);
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    return { page, said };
  }

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

/** Texts of charts that reach beyond their drawing, which cuts them off. */
const CUT_TEXTS = `[...document.querySelectorAll('svg.chart text')].filter((text) => {
  const { x, y, width, height } = text.getBBox();
  const view = text.ownerSVGElement.viewBox.baseVal;
  return x < 0 || y < 0 || x + width > view.width || y + height > view.height;
}).map((text) => text.textContent)`;

/** The contrast (WCAG 2.2) of each pair of colours that text and its ground have. */
const CONTRASTS = `(() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const rgb = parse(getComputedStyle(at).backgroundColor);
      if (rgb.length < 4 || rgb[3] > 0) return rgb;
    }
  };
  const ratios = {};
  for (const element of document.body.querySelectorAll('*')) {
    const seen = element.getClientRects().length > 0;
    if (!seen || ![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue;
    const style = getComputedStyle(element);
    const colour = element.namespaceURI.endsWith('svg') ? style.fill : style.color;
    const [a, b] = [luminance(parse(colour)), luminance(ground(element))];
    ratios[colour + ' on ' + ground(element)] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return ratios;
})()`;
