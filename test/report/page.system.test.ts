/** The page of a matrix in a real browser: what it fetches, filter and order, keyboard, a phone, links, without scripts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeReports } from '../../src/commands/matrix/results.js';
import type { MatrixDocument } from '../../src/documents/index.js';
import { makeDirectory, missing, testContext, writeFiles } from '../support.js';
import { baseline } from './matrices.js';
import { released } from './several.js';

const directory = makeDirectory();
const deb = 'kernel-mft-dkms_4.20.1-14+mftpatch#1_all.deb';
const log = 'kernel-mft-dkms 100%.debian-sid.log';

/** The page of a result, with a package and a log beside it that its last red cell has. */
async function pageOf(name: string, document: MatrixDocument): Promise<string> {
  const place = join(directory, name);
  writeFiles(place, { [deb]: 'a package', [`logs/${log}`]: 'the words of the compiler' });
  const red = document.cells.findLast(({ patched }) => patched.status === 'fails');
  if (red) Object.assign(red.patched, { artifact: join(place, deb), log: `/elsewhere/cache/logs/${log}` });
  const path = join(place, 'index.html');
  await writeReports([path], document, testContext());
  return pathToFileURL(path).href;
}

describe.skipIf(missing('browser') !== '')(`in Chromium (${missing('browser') || 'it is there'})`, () => {
  let browser: Browser;
  const urls = { single: '', several: '' };
  /** What the pages asked for, and what they complained about. */
  const [requests, complaints]: [string[], string[]] = [[], []];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    urls.single = await pageOf('single', structuredClone(baseline));
    urls.several = await pageOf('several', released());
  });
  afterAll(() => browser?.close());

  async function open(
    url: string,
    settings: { width?: number; javaScriptEnabled?: boolean; colorScheme?: 'dark' | 'light' } = {},
  ): Promise<Page> {
    const { width = 1200, ...rest } = settings;
    const context = await browser.newContext({ ...rest, viewport: { width, height: 800 } });
    const page = await context.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return page;
  }
  const shown = (page: Page) => page.locator('tbody tr:visible th small:first-of-type').allTextContents();
  const all = baseline.cells.map(({ target }) => target);

  test('rows are filtered by words and status, and ordered', async () => {
    const page = await open(urls.single);
    expect(await shown(page)).toEqual(all);
    const words = page.getByLabel('Kernel, target, patch');
    await words.fill('DEBIAN dma');
    expect(await shown(page)).toEqual(['debian-12', 'debian-13-backports', 'debian-sid']);
    expect(await page.locator('output').textContent()).toBe('3 of 5 kernels');
    await page.getByLabel('Status').selectOption('fails');
    expect(await shown(page)).toEqual(['debian-sid']);
    await words.fill('nothing has this');
    expect(await shown(page)).toEqual([]);
    await words.fill('');
    await page.getByLabel('Status').selectOption('all');
    const ordered = async (order: string) => {
      await page.getByLabel('Order').selectOption(order);
      return shown(page);
    };
    expect(await ordered('oldest kernel first')).toEqual(['debian-11', 'debian-12', 'ubuntu-24.04', 'debian-13-backports', 'debian-sid']);
    expect(await ordered('newest kernel first')).toEqual(['debian-sid', 'debian-13-backports', 'ubuntu-24.04', 'debian-12', 'debian-11']);
    expect((await ordered('failures first')).slice(0, 2)).toEqual(['debian-sid', 'debian-13-backports']);
    expect((await ordered('longest first'))[0]).toBe('debian-11');
    expect(await ordered('as tested')).toEqual(all);
  });

  test('of several releases one is shown alone, and the status is that of what is shown', async () => {
    const page = await open(urls.several);
    const status = page.getByLabel('Status');
    await status.selectOption('fails');
    expect(await shown(page)).toEqual(['debian-12', 'debian-13']);
    await page.getByLabel('Release').selectOption('4.22.1-526');
    expect(await page.locator('thead th:visible').allTextContents()).toEqual(['Kernel', '4.22.1-526']);
    expect(await shown(page)).toEqual(['debian-13']);
    await status.selectOption('new in this run');
    expect(await shown(page)).toEqual(['debian-13']);
    await page.getByLabel('Release').selectOption('4.20.1-14');
    expect(await shown(page)).toEqual([]);
    await status.selectOption('all');
    await page.getByLabel('Release').selectOption('all');
    await page.getByLabel('Order').selectOption('latest change first');
    expect(await shown(page)).toEqual(['debian-13', 'debian-12', 'debian-11']);
  });

  test('everything is reached by the keyboard alone, and shows where one is', async () => {
    const page = await open(urls.single);
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.tagName');
    const order: unknown[] = [];
    for (let steps = 0; steps < 4; steps++) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['words', 'status', 'order', 'SUMMARY']);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    const details = page.locator('tbody details').first();
    expect(await details.getAttribute('open')).toBe(null);
    await page.keyboard.press('Enter');
    expect(await details.getAttribute('open')).toBe('');
    expect(await details.locator('dl').isVisible()).toBe(true);
    // Enter in the form sends nothing.
    await page.getByLabel('Kernel, target, patch').press('Enter');
    expect(page.url()).toBe(urls.single);
  });

  test.each(['single', 'several'] as const)(
    '%s: on a phone of 360 px nothing is wider than the screen, in light and dark',
    async (name) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await open(urls[name], { width: 360, colorScheme });
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        expect(
          await page.evaluate("[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > 361).length"),
        ).toBe(0);
        // Each cell says whose it is, since the heads are not seen.
        const named = "getComputedStyle(document.querySelector('td[data-state]'), '::before').content";
        expect(await page.evaluate(named)).toBe(name === 'single' ? '"Patched"' : '"4.20.1-14"');
        const small =
          "[...document.querySelectorAll('.controls :is(input, select)')].filter((one) => one.getBoundingClientRect().height < 40).length";
        expect(await page.evaluate(small)).toBe(0);
        await page.context().close();
      }
    },
  );

  test('links lead to the package and the log that lie beside it, and to nothing else', async () => {
    const page = await open(urls.single);
    const links = page.locator('a');
    expect(await links.allTextContents()).toEqual([deb, log]);
    expect(await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([
      'kernel-mft-dkms_4.20.1-14%2Bmftpatch%231_all.deb',
      'logs/kernel-mft-dkms%20100%25.debian-sid.log',
    ]);
    await links.last().click();
    expect(await page.locator('body').textContent()).toContain('the words of the compiler');
  });

  test('without scripts the whole table is there, and no controls', async () => {
    const page = await open(urls.several, { javaScriptEnabled: false });
    expect(await page.locator('tbody tr').count()).toBe(3);
    expect(await page.locator('.controls').isVisible()).toBe(false);
    expect(await page.locator('tbody td').first().isVisible()).toBe(true);
  });

  test('a script that was put in does not run', async () => {
    const document = structuredClone(baseline);
    for (const { patched } of document.cells)
      patched.reason = '</pre><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">';
    const path = join(directory, 'hostile.html');
    await writeReports([path], document, testContext());
    const page = await open(pathToFileURL(path).href);
    expect(await page.evaluate('window.hacked')).toBe(undefined);
    // Even markup that got in would be held by the page's policy.
    const held = join(directory, 'held.html');
    const { readFileSync } = await import('node:fs');
    writeFileSync(held, readFileSync(path, 'utf8').replace('</main>', '<script>window.hacked = 1</script></main>'));
    const before = complaints.length;
    const other = await open(pathToFileURL(held).href);
    expect(await other.evaluate('window.hacked')).toBe(undefined);
    expect(complaints.splice(before).join()).toContain('Content Security Policy');
  });

  test('nothing came from a network, and no page complained', () => {
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((url) => !url.startsWith('file:///'))).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
