/** What a build says to type next: commands that a shell takes as they are, with files that exist. */
import { describe, expect, test } from 'vitest';
import type { BuildDocument } from '../../src/documents/index.js';
import { renderText } from '../../src/report/text.js';
import { sh } from '../support.js';

const digest = '0'.repeat(64);
const artifactOf = (path: string) => ({ path, sha256: digest, bytes: 1 });
const deb = 'dist/kernel-mft-dkms_4.36.0.1031-1+x_all.deb';

function stepsOf({
  input,
  others = [],
  path = deb,
}: {
  input?: Partial<BuildDocument['input']>;
  others?: string[];
  path?: string;
}): string[] {
  const text = renderText({
    schema: 'mft-patch/build@1',
    mft: { version: '4.36.0.1031', revision: '1' },
    kernel: { requested: 'all', version: '' },
    input: { path: 'mft.tgz', member: 'm', sha256: digest, ...input },
    patches: [],
    artifacts: [path, ...others].map(artifactOf),
    verification: { status: 'skipped', reason: '--no-verify', kernels: [] },
  });
  return text.split('Next, on the machine with the card:\n')[1]?.split('\n') ?? [];
}
const install = (path: string) => `  sudo apt install ${path}`;

describe("the vendor's tools are", () => {
  test.each<[string, Parameters<typeof stepsOf>[0], string[]]>([
    [
      'the member that was seen, whatever the version of the package',
      { input: { userland: 'mft-4.36.0-1031-x86_64-deb/DEBS/mft_4.36.0-1031_amd64.deb' } },
      [`${install('./mft-4.36.0-1031-x86_64-deb/DEBS/mft_4.36.0-1031_amd64.deb')}    # in the vendor's bundle, unpacked`],
    ],
    [
      'in the directory that was read',
      { input: { path: '/bundles/mft', userland: '/bundles/mft/DEBS/mft-4.5.0-31.amd64.deb' } },
      [install('/bundles/mft/DEBS/mft-4.5.0-31.amd64.deb')],
    ],
    ['in this directory', { input: { path: '.', userland: './DEBS/mft_4_amd64.deb' } }, [install('./DEBS/mft_4_amd64.deb')]],
    [
      'what --with-userland wrote, and not the bundle or another package',
      { input: { userland: 'm/DEBS/mft_4_amd64.deb' }, others: ['dist/mft_4_amd64.deb', 'dist/mft-4.36.0-1031-x86_64-deb.tgz'] },
      [install('./dist/mft_4_amd64.deb')],
    ],
    ['not named if they were not seen', {}, ["  # install the vendor's tools, the package mft of 4.36.0.1031-1, from DEBS/ of his bundle"]],
  ])('%s', (_, document, tools) => {
    expect(stepsOf(document)).toEqual([install(`./${deb}`), ...tools, '  sudo mst start']);
  });
});

test.each(['my files/a b.deb', "o'clock/x.deb", '/$HOME/`id`.deb', '-x/*.deb', '../ü.deb', 'plain.deb', 'a\nb.deb'])(
  'a shell reads the path %j as it is',
  (path) => {
    const step = stepsOf({ path }).join('\n').split('\n  #')[0] ?? '';
    const word = sh(`${step.replace('  sudo apt install', "printf '%s'")}`);
    expect(word).toBe(/^\.{0,2}\//.test(path) ? path : `./${path}`);
  },
);
