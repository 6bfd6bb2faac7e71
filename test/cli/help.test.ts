/** The help of every command: it fits a terminal, its groups and examples, and the examples are command lines that are taken. */
import { describe, expect, test, vi } from 'vitest';
import { makeProgram } from '../../src/cli/command-line.js';
import { runHere } from './in-process.js';

vi.mock('../../src/commands/build.js', async () => (await import('./in-process.js')).mocks.build());
vi.mock('../../src/commands/plan.js', async () => (await import('./in-process.js')).mocks.plan());
vi.mock('../../src/commands/verify.js', async () => (await import('./in-process.js')).mocks.verify());
vi.mock('../../src/commands/diagnose/index.js', async () => (await import('./in-process.js')).mocks.diagnose());
vi.mock('../../src/commands/fetch.js', async () => (await import('./in-process.js')).mocks.fetch());
vi.mock('../../src/commands/rebuild.js', async () => (await import('./in-process.js')).mocks.rebuild());
vi.mock('../../src/commands/image/index.js', async () => (await import('./in-process.js')).mocks.image());
vi.mock('../../src/commands/matrix/index.js', async () => (await import('./in-process.js')).mocks.matrix());
vi.mock('../../src/commands/cache.js', async () => (await import('./in-process.js')).mocks.cache());
vi.mock('../../src/commands/config.js', async () => (await import('./in-process.js')).mocks.config());
vi.mock('../../src/commands/edit.js', async () => (await import('./in-process.js')).mocks.edit());
vi.mock('../../src/commands/save.js', async () => (await import('./in-process.js')).mocks.save());
vi.mock('../../src/commands/check-patches.js', async () => (await import('./in-process.js')).mocks.checkPatches());
vi.mock('../../src/commands/export-patches.js', async () => (await import('./in-process.js')).mocks.exportPatches());
vi.mock('../../src/commands/report-patch.js', async () => (await import('./in-process.js')).mocks.reportPatch());
vi.mock('../../src/commands/doctor.js', async () => (await import('./in-process.js')).mocks.doctor());
vi.mock('../../src/commands/install.js', async () => (await import('./in-process.js')).mocks.install());
vi.mock('../../src/commands/uninstall.js', async () => (await import('./in-process.js')).mocks.uninstall());
vi.mock('../../src/commands/diff.js', async () => (await import('./in-process.js')).mocks.diff());
vi.mock('../../src/commands/completion/index.js', async () => (await import('./in-process.js')).mocks.completion());
vi.mock('../../src/commands/repo.js', async () => (await import('./in-process.js')).mocks.repo());
vi.mock('../../src/commands/show.js', async () => (await import('./in-process.js')).mocks.show());
vi.mock('../../src/commands/check-releases.js', async () => (await import('./in-process.js')).mocks.checkReleases());
vi.mock('../../src/commands/catalogues.js', async () => (await import('./in-process.js')).mocks.catalogues());

const commands = [
  'build',
  'plan',
  'rebuild',
  'fetch',
  'verify',
  'matrix',
  'try',
  'diagnose',
  'doctor',
  'install',
  'uninstall',
  'diff',
  'show',
  'repo',
  'image ls',
  'image build',
  'image rm',
  'image refresh',
  'image prune',
  'image save',
  'image load',
  'image push',
  'image pull',
  'cache ls',
  'cache prune',
  'edit',
  'save',
  'patches check',
  'patches export',
  'patches report',
  'releases',
  'patches',
  'kernels',
  'config',
  'completion',
];

async function helpOf(command: string): Promise<string> {
  const { exit, stdout, stderr } = await runHere([...command.split(' '), '--help']);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout;
}

/** The examples of a help, without the program's name. */
const examplesOf = (help: string) =>
  [...(help.split('\nExamples:\n')[1] ?? '').matchAll(/^ {2}mft-patch (.*)$/gm)].map(([, line = '']) => line);

test('these are all commands', () => {
  const { commands: top } = makeProgram({ version: '', print: () => {} }, async () => {});
  const names = top.flatMap((command) =>
    command.commands.length === 0 ? [command.name()] : command.commands.map((child) => `${command.name()} ${child.name()}`),
  );
  // Without a subcommand `patches` lists them.
  expect([...names, 'patches'].sort()).toEqual([...commands, 'help'].sort());
});

describe.each(commands)('the help of %s', (command) => {
  test('has two or three examples, which are command lines of it without a usage error', async () => {
    const examples = examplesOf(await helpOf(command));
    expect([2, 3]).toContain(examples.length);
    expect(new Set(examples).size).toBe(examples.length);
    for (const example of examples) {
      const { exit, stdout, seen } = await runHere([...example.split(' '), '--json']);
      expect(`${example} `).toMatch(new RegExp(`^${command} `));
      // The files of an example are not on this machine.
      if (exit !== 0) expect({ example, exit, ...JSON.parse(stdout) }).toMatchObject({ example, exit: 3, code: 'no-input' });
      // A try is a matrix that has less to do.
      else expect({ example, command: seen?.command }).toEqual({ example, command: command === 'try' ? 'matrix' : command });
    }
  });

  test('has its options in groups, the general ones last', async () => {
    const groups = (await helpOf(command)).match(/^(?!Commands:)[A-Z][\w ]+:$/gm) ?? [];
    expect(groups).not.toContain('Options:');
    expect(groups.at(-1)).toBe('Examples:');
    expect(groups.at(-2)).toBe('General:');
  });

  test('fits 80 columns', async () => {
    expect((await helpOf(command)).split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('is also what help COMMAND prints', async () => {
    expect(await runHere(['help', ...command.split(' ')])).toEqual(await runHere([...command.split(' '), '--help']));
  });
});

test.each(['', 'image '])('the help of "mft-patch %s" fits 80 columns, and is what help prints', async (command) => {
  const words = command.split(' ').filter((word) => word !== '');
  const asked = await runHere([...words, '--help']);
  expect(asked).toMatchObject({ exit: 0, stderr: '', stdout: expect.stringContaining(`Usage: mft-patch ${command}`) });
  expect(asked.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(await runHere(['help', ...words])).toEqual(asked);
});

test.each([['frobnicate'], ['image', 'frobnicate'], ['build', 'x']])('help of what is no command is refused: %j', async (...words) => {
  const { exit, stdout, stderr } = await runHere(['help', ...words]);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toMatch(/^mft-patch: unknown command '.*'\n {2}\S.*\n$/);
});
