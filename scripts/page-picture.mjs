/** Makes docs/pictures/page.png, the page of a matrix in Chromium: `npm run pictures:page`. Takes docker or podman. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../', import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), 'mft-patch-page-'));
try {
  const kernels = ['debian-11', 'debian-12', 'debian-13', 'debian-13-backports'].join();
  const line = `matrix --sample flat --sample nnt --baseline --kernel ${kernels} --cache-dir cache --report page.html`;
  const { status } = spawnSync(process.execPath, [join(root, 'build/cli.js'), ...line.split(' ')], { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`mft-patch ${line}: exit ${status}`);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1100, height: 600 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(join(cwd, 'page.html')).href);
  await page.screenshot({ path: join(root, 'docs/pictures/page.png'), fullPage: true });
  await browser.close();
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
