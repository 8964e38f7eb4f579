import { chromium } from 'playwright-core';
import { chromiumPath } from '../test/browser/chromium.ts';
import { figure, median, say, table } from './report.ts';

/**
 * npm run bench:pages -- [address]: how long the first load of `/book/` takes a phone on a slow line, of a server that runs
 * and is warm: from the address to the first words, and to the list of doctors.
 */

const TIMES = 9;
/** 3G as WebPageTest emulates it: 1.6 Mbit/s down, 768 kbit/s up, and so long to and fro. */
const LINES = { 'no slow line': undefined, '3G, 150 ms': 150, '3G, 300 ms': 300 };
const DOWN = 1_600_000 / 8;
const UP = 768_000 / 8;

const [origin = 'http://127.0.0.1:3000'] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });

interface Load {
  words: number;
  doctors: number;
  requests: number;
  bytes: number;
}

/** One load by somebody who has never been here. @param latency in milliseconds, to and fro */
async function load(latency?: number): Promise<Load> {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'uz' });
  const page = await context.newPage();
  const line = await context.newCDPSession(page);
  await line.send('Network.enable');
  if (latency !== undefined)
    await line.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: DOWN,
      uploadThroughput: UP,
    });
  let requests = 0;
  let bytes = 0;
  line.on('Network.loadingFinished', ({ encodedDataLength }) => {
    requests += 1;
    bytes += encodedDataLength;
  });
  await page.addInitScript(`new MutationObserver((_, observer) => {
    if (!document.querySelector('ul.cards a')) return;
    observer.disconnect();
    requestAnimationFrame(() => { performance.mark('doctors'); });
  }).observe(document, { childList: true, subtree: true })`);
  await page.goto(`${origin}/book/`, { waitUntil: 'commit' });
  const seen = { requests: 0, bytes: 0 };
  await page.locator('ul.cards a').first().waitFor();
  Object.assign(seen, { requests, bytes });
  const times = (await page.evaluate(`new Promise((done) => {
    const read = () => {
      const [words] = performance.getEntriesByName('first-contentful-paint');
      const [doctors] = performance.getEntriesByName('doctors');
      if (words && doctors) done({ words: words.startTime, doctors: doctors.startTime });
      else setTimeout(read, 20);
    };
    read();
  })`)) as Pick<Load, 'words' | 'doctors'>;
  await context.close();
  return { ...seen, ...times };
}

await load();
const rows: string[][] = [];
for (const [name, latency] of Object.entries(LINES)) {
  const loads: Load[] = [];
  for (let time = 0; time < TIMES; time += 1) loads.push(await load(latency));
  const of = (what: keyof Load) => loads.map((one) => one[what]);
  rows.push([
    name,
    figure(median(of('words'))),
    figure(median(of('doctors'))),
    figure(Math.max(...of('doctors'))),
    figure(median(of('requests'))),
    figure(median(of('bytes')) / 1_000),
  ]);
}
await browser.close();
say(
  table(['line', 'first words, ms', 'doctors, median ms', 'slowest ms', 'requests until then', 'kB'], rows),
);
