/** What is inside a package, as a bill of materials in the form of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). */
import { controlFields, type Deb, plainPath } from '../deb/deb.js';
import type { BuildDocument } from '../documents/index.js';
import { licenceOf } from '../packaging/modules-text.js';
import { sha256 } from '../system/digest.js';
import { publicName, type Subject } from './statement.js';

/** A component of CycloneDX, as far as it is used here. */
export type Component = Record<string, unknown> & { 'bom-ref': string };

/**
 * The list of a package: each file in it, what it was made from, and by which patches. It has no time, and a serial number that
 * follows from the package: the same build gives the same bytes.
 *
 * @param deb the package, read, and its own name and digest
 * @param pedigree where it is from
 */
export function bomOf(deb: Deb, subject: Subject, pedigree: object, { program }: BuildDocument): object {
  const component = { ...packageComponent(deb, subject), pedigree };
  const version = program?.version ?? 'unknown';
  const files = deb.data.filter(({ type }) => type === 'file');
  const tool = { type: 'application', name: 'mft-patch', version, purl: `pkg:npm/mft-patch@${version}` };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(subject.sha256)}`,
    version: 1,
    metadata: { tools: { components: [{ ...tool, ...(program ? { hashes: hashesOf(program.sha256) } : {}) }] }, component },
    components: files.map((entry): Component => {
      const path = plainPath(entry);
      const license = path.endsWith('.ko') ? licenceOf(entry.body) : undefined;
      return {
        'bom-ref': `file:${path}`,
        type: 'file',
        name: `/${path}`,
        hashes: hashesOf(sha256(entry.body)),
        ...(license === undefined ? {} : { licenses: [{ license: { name: license } }] }),
      };
    }),
    dependencies: [{ ref: component['bom-ref'], dependsOn: files.map((entry) => `file:${plainPath(entry)}`) }],
  };
}

/** A package as a component: of drivers, which is what is in it. */
export function packageComponent(deb: Deb, { name: file, sha256: digest }: Subject): Component {
  const fields = controlFields(deb, file);
  const [name = '', version = ''] = [fields.get('package'), fields.get('version')];
  return {
    ...{ 'bom-ref': `deb:${digest}`, type: 'device-driver', name, version, purl: purlOf(name, version, digest) },
    hashes: hashesOf(digest),
  };
}

/** How the patched package came to be: from the vendor's, by the patches inside. */
export function patchedPedigree({ input, patches, package: name = 'kernel-mft-dkms', mft }: BuildDocument): object {
  const version = mft.revision === '' ? mft.version : `${mft.version}-${mft.revision}`;
  const inside = patches.filter(({ status }) => status === 'applied');
  const ancestor: Component = {
    ...{ 'bom-ref': `deb:${input.sha256}`, type: 'device-driver', name, version, purl: purlOf(name, version, input.sha256) },
    hashes: hashesOf(input.sha256),
    properties: [{ name: 'mft-patch:source', value: publicName(input.path) }],
  };
  return {
    ancestors: [ancestor],
    ...(inside.length === 0 ? {} : { patches: inside.map(({ id, sha256, reason }) => patchOf(id, sha256, reason)) }),
  };
}

/** CycloneDX has no place for the digest of a patch, so the text of what it resolves has it. */
function patchOf(id: string, digest: string, reason: string): object {
  const description = `${reason} (SHA-256 of the patch: ${digest})`;
  return { type: 'unofficial', diff: { url: `patches/${encodeURIComponent(id)}.patch` }, resolves: [{ type: 'defect', id, description }] };
}

function hashesOf(digest: string): { alg: string; content: string }[] {
  return [{ alg: 'SHA-256', content: digest }];
}

/** https://github.com/package-url/purl-spec: no archive has these packages, so the type is generic, and the digest says which it is. */
function purlOf(name: string, version: string, digest: string): string {
  return `pkg:generic/${encodeURIComponent(name)}@${encodeURIComponent(version)}?checksum=sha256:${digest}`;
}

/** A UUID of one's own making out of a digest (RFC 9562, 5.8: version 8). */
function uuidOf(digest: string): string {
  const [a, b, c, d, e] = [digest.slice(0, 8), digest.slice(8, 12), digest.slice(13, 16), digest.slice(17, 20), digest.slice(20, 32)];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}
