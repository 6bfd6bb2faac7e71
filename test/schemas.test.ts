/**
 * The JSON Schemas in schemas/ are made here from the descriptions in src; `npm run schemas` writes them, and a test run says
 * when they are old. What the program ships and prints is held against them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { releaseFile } from '../src/bundle/release-file.js';
import { projectFile } from '../src/cli/project-file.js';
import { buildDocument, planDocument, rebuildDocument } from '../src/documents/build.js';
import { completionDocument } from '../src/documents/completion.js';
import { configDocument } from '../src/documents/config.js';
import { diagnoseDocument } from '../src/documents/diagnose.js';
import { doctorDocument } from '../src/documents/doctor.js';
import { errorDocument } from '../src/documents/error.js';
import { historyLine } from '../src/documents/history.js';
import type { ResultDocument } from '../src/documents/index.js';
import { installDocument, uninstallDocument } from '../src/documents/install.js';
import {
  cacheDocument,
  cachePruneDocument,
  fetchDocument,
  imagesDocument,
  kernelsDocument,
  patchesDocument,
  releasesCheckDocument,
  releasesDocument,
} from '../src/documents/lists.js';
import { matrixDocument, matrixListDocument } from '../src/documents/matrix.js';
import { diffDocument, showDocument } from '../src/documents/packages.js';
import { repoDocument } from '../src/documents/repo.js';
import { verifyDocument } from '../src/documents/verdict.js';
import {
  editDocument,
  patchesCheckDocument,
  patchesExportDocument,
  patchesReportDocument,
  saveDocument,
} from '../src/documents/workbench.js';
import { targetFile } from '../src/kernels/target-file.js';
import { cardFile } from '../src/machine/card-file.js';
import { patchHeader } from '../src/patches/header.js';
import { cli } from './cli.js';
import { makeDirectory, projectRoot } from './support.js';

/** Every document by its schema: one that is added to the program does not compile until it is here. */
const documents: Record<ResultDocument['schema'] | 'mft-patch/error@1', v.GenericSchema> = {
  'mft-patch/plan@1': planDocument,
  'mft-patch/build@1': buildDocument,
  'mft-patch/rebuild@1': rebuildDocument,
  'mft-patch/verify@1': verifyDocument,
  'mft-patch/diagnose@1': diagnoseDocument,
  'mft-patch/doctor@1': doctorDocument,
  'mft-patch/install@1': installDocument,
  'mft-patch/uninstall@1': uninstallDocument,
  'mft-patch/diff@1': diffDocument,
  'mft-patch/show@1': showDocument,
  'mft-patch/matrix@1': matrixDocument,
  'mft-patch/matrix-list@1': matrixListDocument,
  'mft-patch/patches@1': patchesDocument,
  'mft-patch/kernels@1': kernelsDocument,
  'mft-patch/releases@1': releasesDocument,
  'mft-patch/releases-check@1': releasesCheckDocument,
  'mft-patch/image@1': imagesDocument,
  'mft-patch/fetch@1': fetchDocument,
  'mft-patch/cache@1': cacheDocument,
  'mft-patch/cache-prune@1': cachePruneDocument,
  'mft-patch/completion@1': completionDocument,
  'mft-patch/config@1': configDocument,
  'mft-patch/edit@1': editDocument,
  'mft-patch/save@1': saveDocument,
  'mft-patch/patches-check@1': patchesCheckDocument,
  'mft-patch/patches-export@1': patchesExportDocument,
  'mft-patch/patches-report@1': patchesReportDocument,
  'mft-patch/repo@1': repoDocument,
  'mft-patch/error@1': errorDocument,
};
const files: Record<string, [title: string, schema: v.GenericSchema]> = {
  kernel: ['A file of kernels/: a kernel that a package can be verified on', targetFile],
  releases: ['releases.json: the releases of MFT that are known', releaseFile],
  cards: ['cards.json: the devices of Mellanox, and which releases of MFT serve them', cardFile],
  'history-1': ['A line of the file of matrix --history', historyLine],
  project: ['mft-patch.json: the options that a project repeats', projectFile],
  'patch-header': ['The header of a patch, its field names in lower case', patchHeader],
  ...Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => [name.replace('mft-patch/', '').replace('@', '-'), [`The document ${name}`, schema]]),
  ),
};
const directory = join(projectRoot, 'schemas');

describe('schemas/', () => {
  test.each(Object.entries(files))('%s is what src describes', async (name, [title, schema]) => {
    // What a schema cannot say (that a day exists) only the program checks.
    const { $schema, ...body } = toJsonSchema(schema, { typeMode: 'input', errorMode: 'ignore' });
    await expect(`${JSON.stringify({ $schema, title, ...body }, null, 2)}\n`).toMatchFileSnapshot(join(directory, `${name}.schema.json`));
  });

  test('holds no other file', () => {
    expect(readdirSync(directory).sort()).toEqual(
      Object.keys(files)
        .map((name) => `${name}.schema.json`)
        .sort(),
    );
  });
});

describe('an editor finds the schema of', () => {
  const targetFiles = readdirSync(join(projectRoot, 'kernels'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => `kernels/${name}`);
  test.each([...targetFiles, 'releases.json', 'cards.json'])('%s', (path) => {
    const { $schema } = JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
    expect(readFileSync(join(projectRoot, path, '..', $schema), 'utf8')).toContain('"$schema"');
    expect($schema).toMatch(path.includes('/') ? /kernel\.schema\.json$/ : `./schemas/${path.replace('.json', '.schema.json')}`);
  });
});

describe('what a command prints is what its schema says:', () => {
  const cwd = makeDirectory();

  test.each([
    ['plan --sample --kernel 6.1', 'mft-patch/plan@1'],
    ['build --sample --no-verify --quiet', 'mft-patch/build@1'],
    ['repo dist', 'mft-patch/repo@1'],
    ['patches', 'mft-patch/patches@1'],
    ['kernels', 'mft-patch/kernels@1'],
    ['releases', 'mft-patch/releases@1'],
    ['matrix --list', 'mft-patch/matrix-list@1'],
    ['config --memory 4g', 'mft-patch/config@1'],
    ['completion fish', 'mft-patch/completion@1'],
    ['cache ls', 'mft-patch/cache@1'],
    ['cache prune --dry-run', 'mft-patch/cache-prune@1'],
    ['edit --sample --kernel 6.1 --dir work', 'mft-patch/edit@1'],
    ['patches check --sample', 'mft-patch/patches-check@1'],
    ['patches export --sample --kernel 6.1 series', 'mft-patch/patches-export@1'],
    ['patches report dma-unmap', 'mft-patch/patches-report@1'],
  ] as const)('%s', async (line, schema) => {
    const document = await cli(line, { cwd }).prints({ schema });
    expect(v.safeParse(documents[schema], document).issues).toBeUndefined();
  });

  test('a failure', async () => {
    const failure = await cli('build --sample --kernel nonsense', { cwd }).fails(2, { code: 'usage' });
    expect(v.safeParse(errorDocument, { schema: 'mft-patch/error@1', ...failure }).issues).toBeUndefined();
  });
});
