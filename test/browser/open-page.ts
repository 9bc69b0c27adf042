import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser to open pages in; undefined where none is installed. */
export const executablePath = [process.env.ORPO_CHROMIUM ?? '', ...PLACES].find(
  (path) => path !== '' && existsSync(path),
);

/** What the name of a test says where there is no browser. */
export const aboutBrowser =
  executablePath === undefined ? ' (skipped: no Chromium found; ORPO_CHROMIUM may name one)' : '';

export function launch(): Promise<Browser> {
  return chromium.launch(executablePath === undefined ? {} : { executablePath });
}

export interface Opened {
  readonly page: Page;
  /** What the page said on the console, and what it asked for but itself. */
  readonly said: string[];
}

export interface OpenOptions {
  readonly width: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

/** A page with everything unfolded. */
export async function openPage(browser: Browser, url: string, options: OpenOptions): Promise<Opened> {
  const { width, colorScheme = 'light', javaScriptEnabled = true } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
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

/** Texts of charts that reach beyond their drawing, which cuts them off. */
export const CUT_TEXTS = `[...document.querySelectorAll('svg.chart[viewBox] text')].filter((text) => {
  const { x, y, width, height } = text.getBBox();
  const view = text.ownerSVGElement.viewBox.baseVal;
  return x < 0 || y < 0 || x + width > view.width || y + height > view.height;
}).map((text) => text.textContent)`;

/** The contrast (WCAG 2.2) of each pair of colours that text and its ground have. */
export const CONTRASTS = `(() => {
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
