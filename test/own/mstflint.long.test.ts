/** Debian's own dkms package, which anyone can download, with an own patch: from apt-get download to a verdict. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cli } from '../cli.js';
import { patchText } from '../patches/fixtures.js';
import { makeDirectory, sh, writeFiles } from '../support.js';

const change =
  '--- a/Makefile\n+++ b/Makefile\n@@ -68,2 +68,3 @@\n+$(info an own patch)\n obj-m += mstflint_access.o\n mstflint_access-objs += mst_vpd.o mst_main.o\n';
const told = { contains: '' };

test('mstflint-dkms builds with an own patch, and its verdict names the patch', async () => {
  const cwd = makeDirectory();
  const { images } = await cli('image build debian-13 --engine docker', { cwd }).prints({}, told);
  const download = 'cd /tmp && apt-get -qq update && apt-get -qq download mstflint-dkms && cat mstflint-dkms_*.deb';
  sh(`docker run --rm ${images[0].image} sh -c '${download}' > mstflint.deb`, { cwd });
  const fields = { Package: 'mstflint-dkms', Kernel: '*', MFT: '*' };
  writeFiles(cwd, { 'own/hello.patch': patchText(change, fields), 'own/series': 'hello.patch\n' });
  const built = await cli('build mstflint.deb --patches own --no-verify', { cwd }).prints({ package: 'mstflint-dkms' }, told);
  const { path } = built.artifacts[0];
  const { kernels } = await cli(`verify ${path} --kernel debian-13 --engine docker`, { cwd }).prints({}, told);
  expect(kernels).toMatchObject([{ status: 'builds', patches: ['hello'], modules: [{ name: 'mstflint_access' }] }]);
  expect(readFileSync(kernels[0].log, 'utf8')).toContain('an own patch');
});
