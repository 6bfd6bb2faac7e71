/** The forms of --provenance as their projects publish them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as formats from 'ajv-formats';

const addFormats = formats.default as unknown as (ajv: Ajv | Ajv2020) => void;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** CycloneDX's own files, as the library of that project ships them. */
const shipped = join(dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')), 'res/schema');
const draft7 = new Ajv({ strict: false });
addFormats(draft7);
draft7.addFormat('iri-reference', true);
draft7.addFormat('idn-email', true);
for (const name of ['spdx', 'jsf-0.82'])
  draft7.addSchema(read(join(shipped, `${name}.SNAPSHOT.schema.json`)), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
const bom = draft7.compile(read(join(shipped, 'bom-1.6.SNAPSHOT.schema.json')));

const draft2020 = new Ajv2020({ strict: false });
addFormats(draft2020);
const statement = draft2020.compile(read(fileURLToPath(new URL('slsa-provenance-v1.schema.json', import.meta.url))));

/** What is wrong with a list by the schema of CycloneDX 1.6. */
export function faultsOfBom(document: unknown): unknown[] {
  return bom(document) ? [] : (bom.errors ?? []);
}

/** What is wrong with a statement by the specifications of in-toto and SLSA. */
export function faultsOfStatement(document: unknown): unknown[] {
  return statement(document) ? [] : (statement.errors ?? []);
}
