/** What a user has root do. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { install } from '../../src/commands/install.js';
import { uninstall } from '../../src/commands/uninstall.js';
import { renderText } from '../../src/report/text.js';
import { installAsked, uninstallAsked } from './asked.js';
import { built, cacheDir, context, done, fails, named } from './machines.js';
import { standInMachine } from './stand-in-machine.js';

test('builds as a user, and has root do the rest with what was built', async () => {
  const on = standInMachine(named('debian-12-bare'));
  const asked: string[][] = [];
  const told: string[] = [];
  const world = {
    ...on.world,
    uid: 1000,
    run: () => fails('a user runs nothing'),
    asRoot: async (args: string[]) => {
      asked.push(args);
      told.push(...on.told);
      return install({ ...installAsked, built: args.at(-1) }, context, on.world);
    },
  };
  const document = await install(built(), context, world);
  expect(asked).toEqual([['install', '--yes', '--built', join(cacheDir, 'install')]]);
  // A line that has ended: else it would be drawn again and again over what root prints and asks.
  expect(told.at(-1)).toBe('root does the rest');
  expect(done(document)).toEqual(['build', 'install', 'start']);
  // What comes next is for that user to type.
  expect(renderText(document)).toContain('$ sudo mst status -v');
});

test('has root ask again where a user does not see the key that modules are signed with', async () => {
  const on = standInMachine(named('ubuntu-24.04-lockdown'));
  const asked: string[][] = [];
  const asRoot = async (args: string[]) => {
    asked.push(args);
    return install({ ...installAsked, built: args.at(-1) }, context, on.world);
  };
  const request = { ...built(), source: { kind: 'sample' as const, layout: 'flat' } };
  await install({ ...request, yes: false, confirm: async () => true }, context, { ...on.world, uid: 1000, asRoot });
  await install(request, context, { ...on.world, uid: 1000, asRoot });
  expect(asked.map((args) => args.includes('--yes'))).toEqual([false, true]);
});

test('is told how much to print and where the log is, as the user was', async () => {
  const on = standInMachine(named('debian-12-working'));
  const asked: string[][] = [];
  const asRoot = async (args: string[]) => {
    asked.push(args);
    return args[0] === 'install'
      ? install({ ...installAsked, built: args.at(-1) }, context, on.world)
      : uninstall(uninstallAsked, context, on.world);
  };
  const general = ['--quiet', '--cache-dir', '/logs'];
  const world = { ...on.world, uid: 1000, asRoot };
  await uninstall({ ...uninstallAsked, general }, context, world);
  await install({ ...built(), general }, context, world);
  expect(asked).toEqual([
    ['uninstall', ...general, '--yes'],
    ['install', ...general, '--yes', '--built', join(cacheDir, 'install')],
  ]);
});
