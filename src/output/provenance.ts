/** The files of --provenance: what was built from what, in the forms that other programs read. */
import { basename } from 'node:path';
import { readDeb } from '../deb/deb.js';
import type { BuildDocument } from '../documents/index.js';
import { sha256 } from '../system/digest.js';
import { asJson } from '../system/json.js';
import type { PackageFile } from '../verify/verify.js';
import { bomOf, packageComponent, patchedPedigree } from './bom.js';
import { type Subject, statementOf } from './statement.js';

/**
 * Makes the statement of a build, and the list of what is inside for each package of ours.
 *
 * @param document the record, as far as it is known
 * @param deb the patched package
 * @param modules the package of modules, if there is one
 */
export async function provenanceFiles(document: BuildDocument, deb: PackageFile, modules: PackageFile | undefined): Promise<PackageFile[]> {
  const subjects: Subject[] = [
    ...document.artifacts.map(({ path, sha256 }) => ({ name: basename(path), sha256 })),
    ...(modules ? [subjectOf(modules)] : []),
  ];
  const read = await readDeb(deb.bytes, deb.name);
  const pedigree = patchedPedigree(document);
  const files = [
    jsonFile(deb, '.intoto.json', statementOf(document, subjects)),
    jsonFile(deb, '.cdx.json', bomOf(read, subjectOf(deb), pedigree, document)),
  ];
  if (modules === undefined) return files;
  const ancestor = { ...packageComponent(read, subjectOf(deb)), pedigree };
  const list = bomOf(await readDeb(modules.bytes, modules.name), subjectOf(modules), { ancestors: [ancestor] }, document);
  return [...files, jsonFile(modules, '.cdx.json', list)];
}

function subjectOf({ name, bytes }: PackageFile): Subject {
  return { name, sha256: sha256(bytes) };
}

function jsonFile(deb: PackageFile, ending: string, document: object): PackageFile {
  return { name: deb.name.replace(/\.deb$/, ending), bytes: Buffer.from(asJson(document)) };
}
