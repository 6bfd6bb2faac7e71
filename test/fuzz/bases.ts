/** Makes the valid inputs that are edited: packages by dpkg-deb, bundles by tar. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackage } from '../../build/bundle/find-package.js';
import { loadSample, packSample, sampleNames } from '../../build/bundle/sample.js';

const compressors = { none: '-Znone', gz: '-Zgzip', xz: '-Zxz', zst: '-Zzstd' };

/** Runs a bash script. @throws Error if it fails */
function sh(script: string, cwd: string): void {
  const { status, stderr } = spawnSync('bash', ['-euc', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '1656720000' },
  });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/** Makes the bases in `directory`: `<generation>.<compression>.deb`, `roomy.<compression>.deb`, `<generation>.tgz`. */
export async function makeBases(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  for (const generation of await sampleNames()) {
    const { name, bytes } = packSample(await loadSample(generation));
    const { bytes: deb } = await findPackage(once(bytes), { path: name, whole: true, signal: new AbortController().signal });
    writeFileSync(join(directory, 'sample.deb'), deb);
    sh('rm -rf tree && dpkg-deb -R sample.deb tree && rm sample.deb', directory);
    for (const [suffix, option] of Object.entries(compressors)) sh(`dpkg-deb ${option} -b tree ${generation}.${suffix}.deb`, directory);
    // A bundle like the vendor's: with other packages, and a link of the same name in another directory.
    sh(
      `mkdir -p b/mft/DEBS b/mft/SDEBS && cp ${generation}.gz.deb b/mft/SDEBS/kernel-mft-dkms_4-1_all.deb && echo licence > b/mft/LICENSE.txt
      head -c 20000 ${generation}.xz.deb > b/mft/DEBS/mft_4-1_amd64.deb && ln -s ../SDEBS/kernel-mft-dkms_4-1_all.deb b/mft/DEBS
      tar -C b --owner=0 --group=0 --sort=name -czf ${generation}.tgz mft && rm -rf b`,
      directory,
    );
  }
  // Small packages that unpack to nearly the limit: they show how much memory the program needs.
  sh('mkdir -p tree/usr/share/mft && truncate -s 7M tree/usr/share/mft/zeros && truncate -s 7M tree/DEBIAN/zeros', directory);
  for (const [suffix, option] of Object.entries(compressors).slice(1)) sh(`dpkg-deb ${option} -z1 -b tree roomy.${suffix}.deb`, directory);
  sh('rm -rf tree', directory);
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The bases whose names match, in the order of their names. */
export function bases(directory: string, pattern: RegExp): Buffer[] {
  const names = readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort();
  return names.map((name) => readFileSync(join(directory, name)));
}
