/** `node scripts/draw-comparison.mjs COMPARISON OUTPUT.webp` (or .png): verdict and main figures of a comparison's page, as a browser shows them. */
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [comparison, output] = process.argv.slice(2);
const format = /\.(png|webp)$/.exec(output ?? '')?.[1];
if (comparison === undefined || format === undefined) {
  console.error('usage: node scripts/draw-comparison.mjs COMPARISON OUTPUT.webp (or OUTPUT.png)');
  process.exit(2);
}
const report = resolve(join(comparison, 'report.html'));
if (!existsSync(report)) {
  console.error(`${report} does not exist: COMPARISON is a folder that \`orpo compare\` wrote.`);
  process.exit(1);
}
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = [process.env.ORPO_CHROMIUM ?? '', ...places].find((path) => path !== '' && existsSync(path));
if (executablePath === undefined) {
  console.error('No Chromium was found; the environment variable ORPO_CHROMIUM may name one.');
  process.exit(1);
}

const WIDTH = 1120;
/** What a page that is read on the web should not weigh more than. */
const MOST_BYTES = 200_000;
/** The verdict and four figures: win rates, rewards, cost. */
const SHOWN = `main { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; padding-bottom: 1.25rem }
header { grid-column: 1 / -1; padding: 1.5rem 0 0 }
section, .figures { display: contents }
nav, footer, figure, h2, .remarks, header details, section > :not(.figures) { display: none }
#win-rates figure:nth-child(-n+2), #rewards figure:first-child, #cost figure:first-child { display: flex }`;

const browser = await chromium.launch({ executablePath });
try {
  let picture;
  let scale;
  for (scale of [2, 1.5, 1]) {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 }, deviceScaleFactor: scale });
    await page.goto(pathToFileURL(report).href);
    await page.addStyleTag({ content: SHOWN });
    const { height } = await page.locator('body').boundingBox();
    const devtools = await page.context().newCDPSession(page);
    const { data } = await devtools.send('Page.captureScreenshot', {
      format,
      ...(format === 'webp' && { quality: 90 }),
      captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: WIDTH, height, scale: 1 },
    });
    picture = Buffer.from(data, 'base64');
    await page.close();
    if (picture.length <= MOST_BYTES) break;
  }
  writeFileSync(output, picture);
  console.log(`${output}: ${Math.round(picture.length / 1000)} kB, drawn at ${scale} times its size`);
} finally {
  await browser.close();
}
