import { mftNumber } from '../bundle/mft-number.js';
import type { Release } from '../bundle/release-file.js';
import { layoutOf, loadReleases, newestFirst } from '../bundle/releases.js';
import { loadPatches, loadTargets } from '../catalogue.js';
import { sourceOf } from '../containers/image-names.js';
import type { Context } from '../context.js';
import { defaultPackage, packageField } from '../default-package.js';
import type { KernelsDocument, PatchesDocument, ReleasesDocument } from '../documents/index.js';
import { identityOf } from '../patches/patch.js';

/** Lists the patches of the series. */
export async function listPatches(context: Context): Promise<PatchesDocument> {
  const patches = (await loadPatches(context)).map((patch) => ({
    ...identityOf(patch),
    ...packageField(patch.package),
    description: patch.description,
    applies: patch.applies,
    kernel: patch.kernel.raw,
    mft: patch.mft.raw,
    symptom: patch.symptom,
    lastUpdate: patch.lastUpdate,
  }));
  return { schema: 'mft-patch/patches@1', patches };
}

/** Lists the targets that a package can be verified on. */
export async function listKernels(context: Context): Promise<KernelsDocument> {
  const kernels = (await loadTargets(context)).map(({ name, title, kernel, rolling, image, suites, headers, tried, ...rest }) => {
    const { untried, releases, archives } = rest;
    return {
      ...{ target: name, title, kernel, rolling, image, suites, headers, tried },
      ...(untried === undefined ? {} : { untried }),
      ...(releases === undefined ? {} : { releases }),
      ...(archives === undefined ? {} : { archives: archives.map(sourceOf) }),
    };
  });
  return { schema: 'mft-patch/kernels@1', kernels };
}

/** Lists the releases of MFT that are known, a line each for all its architectures. */
export async function listReleases(context: Context): Promise<ReleasesDocument> {
  const patches = (await loadPatches(context)).filter((patch) => patch.package === defaultPackage);
  const groups = new Map<string, Release[]>();
  for (const release of (await loadReleases(context)).sort(newestFirst)) {
    const name = `${release.version}-${release.revision}`;
    groups.set(name, [...(groups.get(name) ?? []), release]);
  }
  const releases = [...groups.values()].map((group) => {
    const { version = '', revision = '' } = group[0] ?? {};
    const all = (algorithm: 'sha256' | 'md5') =>
      group.every(({ digests }) => digests[algorithm] !== undefined || digests.sha256 !== undefined);
    return {
      version,
      revision,
      arches: group.map(({ arch }) => arch).sort(),
      digest: all('sha256') ? ('sha256' as const) : all('md5') ? ('md5' as const) : ('none' as const),
      generation: layoutOf(version),
      patches: patches.filter(({ mft }) => mft.test(mftNumber(version) ?? '')).map(({ id }) => id),
    };
  });
  return { schema: 'mft-patch/releases@1', releases };
}
