/** The whole, good inputs that are edited: packages made by dpkg-deb, bundles made by tar. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPackage } from '../build/bundle/find-package.js';
import { packSample } from '../build/bundle/sample.js';
import { loadSample } from '../build/catalogue.js';

const compressors = { none: '-Znone', gz: '-Zgzip', xz: '-Zxz', zst: '-Zzstd' };

/** Runs a bash script; its failure is ours. */
function sh(script, cwd) {
  const { status, stderr } = spawnSync('bash', ['-euc', script], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '1656720000' },
  });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
}

/** Makes the bases in `folder`: `<generation>.<compression>.deb`, `roomy.<compression>.deb`, `<generation>.tgz`. */
export async function makeBases(folder) {
  mkdirSync(folder, { recursive: true });
  for (const generation of readdirSync(new URL('../samples', import.meta.url))) {
    const { name, bytes } = packSample(await loadSample(generation));
    const one = async function* () {
      yield bytes;
    };
    const { bytes: deb } = await findPackage(one(), { path: name, whole: true, signal: new AbortController().signal });
    writeFileSync(join(folder, 'sample.deb'), deb);
    sh('rm -rf tree && dpkg-deb -R sample.deb tree && rm sample.deb', folder);
    for (const [suffix, option] of Object.entries(compressors)) sh(`dpkg-deb ${option} -b tree ${generation}.${suffix}.deb`, folder);
    // A bundle as the vendor's: other packages beside, and a link of the same name in another folder.
    sh(
      `mkdir -p b/mft/DEBS b/mft/SDEBS && cp ${generation}.gz.deb b/mft/SDEBS/kernel-mft-dkms_4-1_all.deb && echo licence > b/mft/LICENSE.txt
      head -c 20000 ${generation}.xz.deb > b/mft/DEBS/mft_4-1_amd64.deb && ln -s ../SDEBS/kernel-mft-dkms_4-1_all.deb b/mft/DEBS
      tar -C b --owner=0 --group=0 --sort=name -czf ${generation}.tgz mft && rm -rf b`,
      folder,
    );
  }
  // Near the most that a member may unpack to, and small on the wire: what it costs in memory shows here.
  sh('mkdir -p tree/usr/share/mft && truncate -s 7M tree/usr/share/mft/zeros && truncate -s 7M tree/DEBIAN/zeros', folder);
  for (const [suffix, option] of Object.entries(compressors).slice(1)) sh(`dpkg-deb ${option} -z1 -b tree roomy.${suffix}.deb`, folder);
  sh('rm -rf tree', folder);
}

/** The bases whose names match, in the order of their names. */
export function bases(folder, pattern) {
  const names = readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort();
  return names.map((name) => readFileSync(join(folder, name)));
}
