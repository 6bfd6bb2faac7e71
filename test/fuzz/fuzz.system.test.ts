/** Runs a thousand edited inputs and those that failed once, and shows that the fuzzer detects planted faults. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDirectory, missing, projectRoot, sh } from '../support.js';
import { makeBases } from './bases.js';
import { runAlone } from './lane.js';

const directory = makeDirectory();
const cases = join(import.meta.dirname, 'cases');

/** Runs the compiled fuzzer of a project. It must not block this process, which has to answer vitest. */
function fuzz(root: string, ...args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'build-test/fuzz/fuzz.js'), ...args]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.on('error', reject).on('close', (status) => resolve({ status, output }));
  });
}

describe.skipIf(missing('tools') !== '')(`the fuzzer (${missing('tools') || 'its tools are there'})`, { timeout: 900_000 }, () => {
  test('finds nothing in a thousand inputs', async () => {
    const { status, output } = await fuzz(projectRoot, '--runs', '1000', '--seed', '20261125');
    expect(output).toContain('1000 inputs');
    expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(/; 0 faults\n$/) });
    // Inputs that are always refused early would not reach the code behind.
    for (const target of [
      'package',
      'bundle',
      'patch',
      'kernels',
      'releases',
      'lock',
      'results',
      'config',
      'series',
      'os-release',
      'words',
    ])
      expect(output).toMatch(new RegExp(`^${target} .*accepted [1-9]`, 'm'));
  });

  describe('what failed once', () => {
    beforeAll(() => makeBases(join(directory, 'bases')));
    const names = existsSync(cases) ? readdirSync(cases) : [];
    test.each(names)('%s', async (name) => {
      const { target, gzip } = JSON.parse(readFileSync(join(cases, name), 'utf8'));
      const bytes = gunzipSync(Buffer.from(gzip, 'base64')).toString('base64');
      expect(await runAlone(directory, { target, bytes })).toMatchObject({ outcome: expect.any(String) });
    });
  });

  // Each plant replaces a text in a file of build/.
  test.each([
    ['crash', 'deb/tar.js', 'if (!header.cksumValid)', 'if (header.size % 3 === 1) header.planted.fault; if (!header.cksumValid)'],
    ['crash', 'deb/ar.js', 'const members = [];', "const members = []; if (bytes.length % 3 === 0) Promise.reject(new Error('stray'));"],
    ['hang', 'deb/ar.js', 'const members = [];', 'const members = []; while (bytes.length % 5 === 0);'],
    ['memory', 'deb/control.js', 'const fields = new Map();', 'const fields = new Map(); globalThis.hoard ??= Buffer.alloc(4e8, 1);'],
    [
      'crash: Error: Access to this API has been restricted',
      'cli/run.js',
      'let exitCode = 0;',
      "let exitCode = 0; (await import('node:fs')).writeFileSync('/tmp/mft-patch-outside', '');",
    ],
    [
      'outside',
      'output/output-directory.js',
      'await stage.write(name, (path)',
      "await writeFile(join(stage.path, 'more'), ''); await stage.write(name, (path)",
    ],
    ['wrong', 'deb/deb.js', 'gzip(writeTar(deb.data))', 'gzip(writeTar(deb.data.slice(0, -1)))'],
    ['wrong', 'deb/tar.js', "last.fill(' ', 148, 156)", "last.write('7', 106, 'latin1'); last.fill(' ', 148, 156)"],
    ['exit', 'errors.js', "'package-damaged': { exit: 3", "'package-damaged': { exit: 2"],
  ])('detects a planted %s in %s', async (kind, file, old, fault) => {
    const root = makeDirectory();
    const parts = 'build build-test patches kernels samples container releases.json package.json Dockerfile';
    sh(`cp -r ${parts} '${root}'`, { cwd: projectRoot });
    symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
    const path = join(root, 'build', file);
    const text = readFileSync(path, 'utf8');
    expect(text, `${file} has the text that the plant replaces`).toContain(old);
    writeFileSync(
      path,
      text.replace(old, () => fault),
    );
    const { status, output } = await fuzz(root, '--runs', '8', '--seed', '3', '--target', 'package');
    expect({ status, output }).toEqual({
      status: 1,
      output: expect.stringMatching(new RegExp(`^package, input \\d+ of seed 3: ${kind}`, 'm')),
    });
    expect(readdirSync(join(root, 'test/fuzz/cases'))[0]).toMatch(/^package-[0-9a-f]{8}\.json$/);
  });
});
