import { loadPatches, loadTargets } from '../data.js';
import type { KernelsDocument, PatchesDocument } from '../report/documents.js';

/** Lists the patches of the series. */
export async function listPatches(): Promise<PatchesDocument> {
  const patches = (await loadPatches()).map(({ id, sha256, description, kernel, mft, symptom, lastUpdate }) => ({
    id,
    sha256,
    description,
    kernel: kernel.raw,
    mft: mft.raw,
    symptom,
    lastUpdate,
  }));
  return { schema: 'mft-patch/patches@1', patches };
}

/** Lists the targets that a package can be verified on. */
export async function listKernels(): Promise<KernelsDocument> {
  const kernels = (await loadTargets()).map(({ name, title, kernel, image, headers }) => ({ target: name, title, kernel, image, headers }));
  return { schema: 'mft-patch/kernels@1', kernels };
}
