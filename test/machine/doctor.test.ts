/** What doctor finds on machines of many users. What it prints for each is in screens/, and some of it in docs/doctor.md. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { doctorDocument } from '../../src/documents/doctor.js';
import { examine } from '../../src/machine/examine.js';
import { renderText } from '../../src/report/text.js';
import { failureOf, projectRoot, runCli, testContext } from '../support.js';
import { debians } from './debians.js';
import { others } from './others.js';
import { contentOf, makeMachine } from './stand-in.js';

const machines = { ...debians, ...others };
const screens = join(projectRoot, 'test/machine/screens');
/** What a line may take, in columns; commands are as long as they are. */
const widest = 120;

test.each(Object.entries(machines))('%s', async (name, description) => {
  const { machine, root } = makeMachine(description);
  const before = contentOf(root);
  const document = await examine(machine, testContext());
  expect(v.safeParse(doctorDocument, document).issues).toBeUndefined();
  const screen = renderText(document);
  const typed = `# ${description.title}\n$ mft-patch doctor\n${screen}\n$ echo $?\n${exitCodeOf(document)}\n`;
  await expect(typed).toMatchFileSnapshot(join(screens, `${name}.txt`));
  expect(contentOf(root)).toEqual(before);
  expect(document.checks.filter(({ status, cures }) => status === 'fault' && cures.length === 0)).toEqual([]);
  expect(screen.split('\n').filter((line) => line.length > widest && !/^ +\$ /.test(line))).toEqual([]);
  expect(screen.split('\n').length).toBeLessThanOrEqual(40);
  expect(document.checks.flatMap(({ cures }) => cures).filter(({ command }) => /^sudo|\n/.test(command))).toEqual([]);
});

test('a machine without a fault takes one screen of 24 lines', async () => {
  const { machine } = makeMachine(machines['debian-12-working'] ?? fails());
  expect(renderText(await examine(machine, testContext())).split('\n').length).toBeLessThan(24);
});

test('screens/ has no other file', () => {
  expect(readdirSync(screens).sort()).toEqual(
    Object.keys(machines)
      .map((name) => `${name}.txt`)
      .sort(),
  );
});

test('a system without dpkg is refused', async () => {
  const { machine } = makeMachine({
    title: '',
    system: 'Fedora Linux 42',
    release: '6.14.0-63.fc42.x86_64',
    files: {},
    packages: [],
    programs: { 'dpkg-query -W -f=': '' },
  });
  const none = { ...machine, run: async () => ({ exitCode: 127, stdout: '', stderr: '' }) };
  expect(await failureOf(() => examine(none, testContext()))).toMatchObject({
    code: 'usage',
    detail: expect.stringContaining('Fedora Linux 42'),
  });
});

test.skipIf(!existsSync('/usr/bin/dpkg-query'))('this machine is examined, whatever it is', async () => {
  const { status, stdout, stderr } = await runCli(['doctor', '--json']);
  const document = JSON.parse(stdout);
  expect({ stderr, issues: v.safeParse(doctorDocument, document).issues }).toEqual({ stderr: '', issues: undefined });
  expect(status).toBe(document.faults > 0 ? 1 : 0);
});

describe('docs/doctor.md', () => {
  const text = readFileSync(join(projectRoot, 'docs/doctor.md'), 'utf8');
  const shown = [...text.matchAll(/<!-- screen: ([\w.-]+) -->\n\n```\n([^`]*)```/g)];

  test('shows some of them as they are', () => {
    expect(shown.length).toBeGreaterThanOrEqual(4);
    for (const [, name = '', screen = ''] of shown)
      expect(screen).toBe(readFileSync(join(screens, `${name}.txt`), 'utf8').replace(/^#.*\n/, ''));
  });
});

function fails(): never {
  throw new Error('no such machine');
}
