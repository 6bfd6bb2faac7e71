/**
 * The modules in modules/, built by make in every image: which break where, and that the logs in logs/ are still what make prints.
 * With --update the logs are written again. The headers are asked about each of them.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { runScript } from '../../src/containers/container.js';
import { openImages } from '../../src/containers/images.js';
import { fileEntry } from '../../src/deb/tar.js';
import { parseLog } from '../../src/diagnosis/parse-log.js';
import { missing, projectRoot, testContext } from '../support.js';
import { breaks } from './breaks.js';

const settings = { timeout: 900, memory: '2g', processes: 2048, disk: '4g', engine: 'docker' as const };
const here = join(projectRoot, 'test/diagnosis');
const isUpdate = process.argv.includes('--update') || process.argv.includes('-u');

/** Which modules fail on which target; all others build. */
const fails: Record<string, string[]> = {
  'debian-11': ['unknown_error'],
  'debian-12': [
    'more_arguments',
    'missing_symbol',
    'removed_function',
    'removed_header',
    'removed_member',
    'symbol_namespace',
    'unknown_error',
  ],
  'debian-13': Object.keys(breaks).filter((name) => !['kbuild_variable', 'renamed_function'].includes(name)),
  'debian-13-backports': Object.keys(breaks),
  'debian-sid': Object.keys(breaks),
};

const script = `set -eu
release=$(head -n 1 /etc/mft-patch-release)
mkdir /logs
for directory in /var/lib/dkms/*/1.0/build; do
	name=\${directory#/var/lib/dkms/}
	name=\${name%%/*}
	{
		echo "DKMS make.log for $name-1.0 for kernel $release (x86_64)"
		make -C "/lib/modules/$release/build" M="$directory" modules || touch "/logs/$name.failed"
	} > "/logs/$name.log" 2>&1
done
tar -C /logs -cf - .`;

const sources = execFileSync('find', ['modules', '-type', 'f'], { cwd: here, encoding: 'utf8' }).trim().split('\n');

describe.skipIf(missing('docker') !== '')(`with docker (${missing('docker') || 'it is there'})`, () => {
  test.each(Object.entries(fails))('the modules on %s', async (name, failing) => {
    const context = testContext({ offline: false });
    const images = await openImages(settings, context);
    const target = (await loadTargets(context)).find((one) => one.name === name);
    if (target === undefined) throw new Error(`no target ${name}`);
    const { tag: image } = await images.ensure(target, context);
    const files = [
      fileEntry('run.sh', Buffer.from(script)),
      ...sources.map((path) =>
        fileEntry(`var/lib/dkms/${path.replace(/^modules\/(\w+)\//, '$1/1.0/build/')}`, readFileSync(join(here, path))),
      ),
    ];
    const report = await runScript(
      { engine: images.engine, image, files, command: '/run.sh', limits: settings, onLine: () => {} },
      context,
    );
    const failed = [...report.keys()].filter((path) => path.endsWith('.failed')).map((path) => path.replace(/\.failed$/, ''));
    expect(failed.sort()).toEqual([...failing].sort());
    for (const module of failed.filter(() => name !== 'debian-11')) {
      const text = report.get(`${module}.log`)?.toString('utf8') ?? '';
      expect(parseLog(text).errors, text).toMatchObject([breaks[module] ?? {}]);
      const kept = join(here, 'logs', name, `${module}.log`);
      if (isUpdate || !existsSync(kept)) {
        mkdirSync(dirname(kept), { recursive: true });
        writeFileSync(kept, text);
      }
      expect(parseLog(readFileSync(kept, 'utf8')).errors).toMatchObject([breaks[module] ?? {}]);
    }
  });
});
