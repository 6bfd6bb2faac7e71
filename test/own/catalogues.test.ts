/** A user's own targets and releases beside the project's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadReleases } from '../../src/bundle/releases.js';
import { loadTargets } from '../../src/catalogue.js';
import { cli } from '../cli.js';
import { failureOf, makeDirectory, projectRoot, testContext, writeFiles } from '../support.js';

const cwd = makeDirectory();
const { $schema: _, ...target } = JSON.parse(readFileSync(join(projectRoot, 'kernels/debian-13.json'), 'utf8'));
const json = (value: object) => JSON.stringify(value, null, 2);
writeFiles(cwd, {
  'good/site-6.9.json': json({ ...target, kernel: '6.9', title: 'ours' }),
  'good/debian-12.json': json({ ...target, replaces: true }),
  'good/README': 'not a target',
  'taken/debian-12.json': json(target),
  'nothing/site.json': json({ ...target, replaces: true }),
  'digit/6.9.json': json(target),
  'word/host.json': json(target),
  'empty/README': '',
});
const load = (kernelsDir: string) => loadTargets(testContext({ own: { patches: [], kernelsDir: join(cwd, kernelsDir) } }));

describe('own targets', () => {
  test('stand among those of the project, and replace one that they say', async () => {
    const [targets, project] = [await load('good'), await loadTargets(testContext())];
    expect(targets.map(({ name }) => name)).toEqual([...project.map(({ name }) => name), 'site-6.9'].sort());
    expect(targets.find(({ name }) => name === 'debian-12')).toMatchObject({ kernel: target.kernel, suites: target.suites });
  });

  test.each([
    ['taken', 'bad-catalogue'],
    ['nothing', 'bad-catalogue'],
    ['digit', 'bad-catalogue'],
    ['word', 'bad-catalogue'],
    ['empty', 'no-input'],
    ['none', 'no-input'],
  ])('%s are refused', async (directory, code) => {
    expect(await failureOf(() => load(directory))).toMatchObject({ code, hint: expect.any(String) });
  });

  test('are what --kernel, suggestions and the lists know', async () => {
    const line = (text: string) => cli(`${text} --kernels-dir good`, { cwd });
    expect((await line('kernels').prints({})).kernels).toContainEqual(expect.objectContaining({ target: 'site-6.9', title: 'ours' }));
    expect((await line('matrix --list').prints({})).kernels).toContain('site-6.9');
    await line('matrix --list --kernel 6.9').prints({ kernels: ['site-6.9'] }, { contains: 'using target site-6.9' });
    await line('plan --sample --kernel site-6.9').prints({ kernel: { requested: 'site-6.9', version: '6.9.0' } });
    await line('plan --sample --kernel site-6.8').fails(2, { code: 'usage', hint: expect.stringContaining('site-6.9') });
  });
});

describe('own releases', () => {
  const release = (changes: object) => ({
    version: '4.99.0',
    revision: '7',
    arch: 'x86_64',
    url: 'https://a/b/mft.tgz',
    digests: {},
    seenIn: ['here'],
    ...changes,
  });
  const write = (name: string, ...releases: object[]) => {
    writeFiles(cwd, { [name]: json({ releases }) });
    return join(cwd, name);
  };
  const loadFile = (releases: string) => loadReleases(testContext({ own: { patches: [], releases } }));
  const known = { version: '4.20.1', revision: '14' };

  test('are known as the project’s are, and replace one that they say', async () => {
    const file = write('releases.json', release({}), release({ ...known, replaces: true }));
    const releases = await loadFile(file);
    expect(releases).toHaveLength((await loadReleases(testContext())).length + 1);
    expect(releases.filter(({ version, revision }) => version === '4.20.1' && revision === '14')).toMatchObject([
      { url: 'https://a/b/mft.tgz' },
    ]);
    const { releases: listed } = await cli('releases --releases releases.json', { cwd }).prints({});
    expect(listed[0]).toMatchObject({ version: '4.99.0', revision: '7' });
    await cli('plan --mft latest --arch x86_64 --releases releases.json', { cwd }).prints({ mft: { version: '4.99.0', revision: '7' } });
  });

  test.each([
    ['one of the project', release(known)],
    ['one that replaces nothing', release({ replaces: true })],
    ['one with a wrong field', release({ url: 'x' })],
  ])('with %s are refused', async (_, entry) => {
    const file = write('bad.json', entry);
    expect(await failureOf(() => loadFile(file))).toMatchObject({ code: 'bad-catalogue', file });
  });
});
