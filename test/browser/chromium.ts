import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** First the one that has no window: it does the same work in three quarters of the time. */
const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where a Chromium is on this machine, undefined when none is. */
export const chromiumPath = CANDIDATES.find((path) => path && existsSync(path));

if (!chromiumPath)
  process.stderr.write(
    '\nNOT TESTED: no Chromium here, so nobody has looked at Swagger UI and Redoc. Install one (Debian: apt-get ' +
      'install chromium-headless-shell) or set CHROMIUM_PATH.\n\n',
  );

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? '',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** What a page did that it should not: asked another host, or complained on its console. */
export function watch(page: Page, origin: string): string[] {
  const seen: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) seen.push(`asked ${url.href}`);
  });
  page.on('requestfailed', (request) => {
    // What the page itself has given up: a stream ends with the day that it is of, what is fetched for later with the page.
    const isLeft =
      request.failure()?.errorText === 'net::ERR_ABORTED' && /\/(api\/stream|pages)\//.test(request.url());
    if (!isLeft) seen.push(`failed ${request.url()}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => seen.push(`threw ${error.message}`));
  return seen;
}

/** For whoever wants to look; each run overwrites those of the last. */
const SCREENSHOTS = '.data/screenshots';

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

/** By how many pixels a page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
