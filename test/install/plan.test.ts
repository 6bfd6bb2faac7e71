/** The steps for machines of many users: what --dry-run prints for each is in plans/, and some of it in docs/install.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.js';
import { install } from '../../src/commands/install.js';
import { uninstall } from '../../src/commands/uninstall.js';
import { installDocument, uninstallDocument } from '../../src/documents/install.js';
import { renderText } from '../../src/report/text.js';
import { debians } from '../machine/debians.js';
import { others } from '../machine/others.js';
import { contentOf } from '../machine/stand-in.js';
import { projectRoot, testContext } from '../support.js';
import { installAsked, uninstallAsked } from './asked.js';
import { lookingWorld } from './stand-in-world.js';

const machines = { ...debians, ...others };
const plans = join(projectRoot, 'test/install/plans');
const context = testContext({ cacheDir: '/var/cache/mft-patch' });

test.each(Object.entries(machines))('%s', async (name, description) => {
  const { world, root } = lookingWorld(description);
  const before = contentOf(root);
  const there = await install({ ...installAsked, dryRun: true }, context, world);
  const back = await uninstall({ ...uninstallAsked, dryRun: true }, context, world);
  expect([v.safeParse(installDocument, there).issues, v.safeParse(uninstallDocument, back).issues]).toEqual([undefined, undefined]);
  const shown = [
    ...[`# ${description.title}`, '$ mft-patch install --dry-run', renderText(there), '$ echo $?', exitCodeOf(there)],
    ...['$ mft-patch uninstall --dry-run', renderText(back), '$ echo $?', exitCodeOf(back)],
  ];
  await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot(join(plans, `${name}.txt`));
  expect(contentOf(root)).toEqual(before);
  const steps = [...there.steps, ...back.steps];
  expect(steps.filter(({ status }) => status !== 'planned')).toEqual([]);
  expect(steps.flatMap(({ commands }) => commands).filter((line) => /\n|^sudo|^apt /.test(line))).toEqual([]);
  expect(steps.filter(({ commands }) => commands.length === 0)).toEqual([]);
});

test('plans/ has no other file', () => {
  expect(readdirSync(plans).sort()).toEqual(
    Object.keys(machines)
      .map((name) => `${name}.txt`)
      .sort(),
  );
});

describe('docs/install.md', () => {
  const text = readFileSync(join(projectRoot, 'docs/install.md'), 'utf8');
  const shown = [...text.matchAll(/<!-- plan: ([\w.-]+) -->\n\n```\n([^`]*)```/g)];

  test('shows some of them as they are', () => {
    expect(shown.length).toBeGreaterThanOrEqual(2);
    for (const [, name = '', plan = ''] of shown) expect(readFileSync(join(plans, `${name}.txt`), 'utf8')).toContain(plan);
  });
});
