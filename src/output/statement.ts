/** What the record of a build says, as a statement of in-toto with the provenance of SLSA. Pure. */
import { basename } from 'node:path';
import type { BuildDocument } from '../documents/index.js';

/** A file that a statement is about. */
export interface Subject {
  name: string;
  sha256: string;
}

/** ResourceDescriptor of in-toto (https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md). */
interface Resource {
  name?: string;
  uri?: string;
  digest: { sha256: string };
  annotations?: Record<string, string>;
}

/** Names docs/provenance.md of this package, which describes the parameters: a type is a URI. */
const buildType = 'pkg:npm/mft-patch#docs/provenance.md';

/**
 * The statement (https://in-toto.io/Statement/v1) with the predicate https://slsa.dev/provenance/v1. It is not signed: who runs
 * the build attests it. Neither times nor paths of the machine are in it, so the same build gives the same bytes.
 *
 * @param document the record of the build
 * @param subjects what was built
 */
export function statementOf(document: BuildDocument, subjects: readonly Subject[]): object {
  const { program, libraries = [], kernel, maxKernel, serial, input } = document;
  const version = program?.version ?? 'unknown';
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          source: publicName(input.path),
          kernel: kernel.requested,
          ...(maxKernel === undefined ? {} : { maxKernel }),
          ...(document.package === undefined ? {} : { package: document.package }),
        },
        internalParameters: { mft: document.mft, kernelVersion: kernel.version, ...(serial === undefined ? {} : { serial }) },
        resolvedDependencies: dependenciesOf(document),
      },
      runDetails: {
        builder: {
          id: `pkg:npm/mft-patch@${version}`,
          version: { 'mft-patch': version },
          builderDependencies: [
            ...(program ? [{ name: 'mft-patch', uri: `pkg:npm/mft-patch@${version}`, digest: { sha256: program.sha256 } }] : []),
            ...libraries.map((library) => ({
              ...{ name: library.name, uri: `pkg:npm/${library.name}@${library.version}`, digest: { sha256: library.sha256 } },
            })),
          ],
        },
      },
    },
  };
}

/** What went into the build: the bundle, the package in it, the patches, and where modules were built the image for that. */
function dependenciesOf({ input, patches, modules, verification }: BuildDocument): Resource[] {
  const { path, member, sha256, bundleSha256 } = input;
  const place = isUrl(path) ? { uri: path } : {};
  const bundle = bundleSha256 === undefined ? [] : [{ name: publicName(path), ...place, digest: { sha256: bundleSha256 } }];
  const vendor = { name: member || publicName(path), ...(member === '' ? place : {}), digest: { sha256 } };
  const images = verification.kernels.flatMap(({ target, on }): Resource[] => {
    const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(on?.image ?? '')?.[1];
    return modules === undefined || digest === undefined ? [] : [{ name: `image:${target}`, digest: { sha256: digest } }];
  });
  const inside = patches.filter(({ status }) => status !== 'not-needed');
  return [
    ...bundle,
    vendor,
    ...inside.map(({ id, sha256, status }) => ({ name: `patches/${id}.patch`, digest: { sha256 }, annotations: { status } })),
    ...images,
  ];
}

function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** A URL, which has no secrets in a record, or the name of a file or a sample. */
export function publicName(path: string): string {
  return isUrl(path) || path.startsWith('sample:') ? path : basename(path);
}
