import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cliPath, makeDirectory, sample, sh } from '../support.js';

/** Loaded before the program, it is another day for it. */
const otherDay = `
const days = 400 * 24 * 3600 * 1000;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...args) { super(...(args.length === 0 ? [RealDate.now() + days] : args)); }
  static now() { return RealDate.now() + days; }
};
`;

test('the package is the same bytes wherever, whenever and by whomever it is made', async () => {
  const folder = makeDirectory();
  const { bundle, deb } = await sample();
  writeFileSync(join(folder, 'other-day.mjs'), otherDay);
  writeFileSync(join(folder, 'vendor.tgz'), bundle);
  writeFileSync(join(folder, 'given.deb'), deb);
  const year = (options: string) => Number(sh(`node ${options} -p 'new Date().getFullYear()'`, { cwd: folder }));
  expect(year('--import ./other-day.mjs')).toBeGreaterThan(year(''));

  const build = `"$NODE" "$CLI" build --kernel 5.18 --no-verify --quiet --json`;
  const env = { ...process.env, NODE: process.execPath, CLI: cliPath };
  sh(
    [
      `mkdir -p a/deep/er b/home && cp vendor.tgz a/deep/er/other-name.tgz`,
      `(umask 022; TZ=UTC LANG=C LC_ALL=C ${build} --bundle vendor.tgz --out a/out > a/json)`,
      `(umask 077; cd a/deep/er; TZ=Pacific/Kiritimati LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 HOME=$PWD/../../../b/home SOURCE_DATE_EPOCH=1 \\
        NODE_OPTIONS="--import $PWD/../../../other-day.mjs" ${build} --bundle other-name.tgz --out ../../../b/out > ../../../b/json)`,
      `mkdir c; (umask 027; env -i PATH=/nowhere HOME=/nowhere NODE="$NODE" CLI="$CLI" \\
        "$NODE" "$CLI" build --kernel 5.18.12-custom --no-verify --deb given.deb --out c/out > c/json)`,
    ].join('\n'),
    { cwd: folder, env },
  );
  const names = sh('ls */out/*.deb', { cwd: folder }).trim().split('\n');
  expect(names).toHaveLength(3);
  expect(new Set(names.map((path) => path.replace(/^.*\//, ''))).size).toBe(1);
  const sums = sh('sha256sum */out/*.deb', { cwd: folder }).trim().split('\n');
  expect(new Set(sums.map((line) => line.slice(0, 64))).size).toBe(1);
});
