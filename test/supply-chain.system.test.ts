import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import subset from 'semver/ranges/subset.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { emptyHome, installPacked } from './installed.js';
import { makeDirectory, missing, projectRoot, sh, writeFiles } from './support.js';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const project = JSON.parse(read('package.json'));

interface Locked {
  version: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
  engines?: { node?: string };
}
const lock: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'));
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('the lock file', () => {
  test('has a digest for each package, names no registry, and knows no install script', () => {
    expect(locked.length).toBeGreaterThan(50);
    for (const [path, { integrity, resolved, hasInstallScript }] of locked) {
      expect({ path, integrity, resolved, hasInstallScript }).toEqual({ path, integrity: expect.stringMatching(/^sha512-.{86}==$/) });
    }
  });

  test('agrees with package.json', () => {
    const { dependencies, devDependencies, engines } = project;
    expect(lock.packages['']).toMatchObject({ dependencies, devDependencies, engines });
  });

  test('holds no package for production that leaves a Node which we promise', () => {
    const production = locked.filter(([, { dev }]) => !dev);
    for (const [path, { engines }] of production) {
      expect({ path, runs: subset(project.engines.node, engines?.node ?? '*') }).toEqual({ path, runs: true });
    }
    // They say nothing of Node: that they run is what the tests with each version of it show.
    const silent = production.filter(([, { engines }]) => engines?.node === undefined).map(([path]) => path.replace('node_modules/', ''));
    const known = [
      '@commander-js/extra-typings',
      '@sec-ant/readable-stream',
      'fflate',
      'fzstd',
      'isexe',
      'jsonc-parser',
      'ms',
      'valibot',
      'xxhash-wasm',
    ];
    expect(silent).toEqual(known);
  });
});

describe('what is installed', () => {
  // npm may run scripts, since those of this project build it before it is packed or installed from git.
  test('has no install scripts', () => {
    const manifests = locked.map(([path]) => join(path, 'package.json')).filter((path) => existsSync(join(projectRoot, path)));
    expect(manifests.length).toBeGreaterThan(50);
    for (const path of manifests) {
      const { scripts = {} } = JSON.parse(read(path));
      const atInstall = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);
      // npm runs node-gyp where it finds this file, and what the file says.
      if (existsSync(join(projectRoot, path, '../binding.gyp'))) atInstall.push('binding.gyp');
      expect({ path, atInstall }).toEqual({ path, atInstall: [] });
    }
  });

  test('could not bring one: npm ci runs those only that the lock file tells of', () => {
    const folder = makeDirectory();
    const manifest = { name: 'eager', version: '1.0.0', scripts: { postinstall: 'touch ran' } };
    writeFiles(folder, {
      'eager/package.json': JSON.stringify(manifest),
      'app/package.json': JSON.stringify({ name: 'app', version: '1.0.0', dependencies: { eager: 'file:../eager-1.0.0.tgz' } }),
    });
    const env = { ...emptyHome(), npm_config_audit: 'false' };
    sh('npm pack --silent ./eager > packed.log && cd app && npm install --silent --ignore-scripts', { cwd: folder, env });
    const app = join(folder, 'app');
    const ran = () => {
      sh('npm ci --silent', { cwd: app, env });
      return existsSync(join(app, 'node_modules/eager/ran'));
    };
    const path = join(app, 'package-lock.json');
    const told = JSON.parse(readFileSync(path, 'utf8'));
    expect(told.packages['node_modules/eager'].hasInstallScript).toBe(true);
    expect(ran()).toBe(true);
    delete told.packages['node_modules/eager'].hasInstallScript;
    writeFileSync(path, JSON.stringify(told));
    expect(ran()).toBe(false);
  });

  test('is in the table of docs/architecture.md with its reason, and nothing else is', () => {
    const [, section = ''] = read('docs/architecture.md').split('## Dependencies\n');
    const rows = section.split('\n').filter((line) => /^\| `/.test(line));
    for (const row of rows) expect(row).toMatch(/^\| `.*\| [^|]{8,} \|$/);
    const told = rows.flatMap((row) => row.split('|')[1]?.match(/(?<=`)[\w@/.-]+(?=`)/g) ?? []).sort();
    // The types have no use of their own: they come with node and semver.
    const used = Object.keys({ ...project.dependencies, ...project.devDependencies }).filter((name) => !name.startsWith('@types/'));
    expect(told).toEqual(used.sort());
  });

  const audit = spawnSync('npm', ['audit', 'signatures', '--fetch-retries=0'], { cwd: projectRoot, encoding: 'utf8', timeout: 60_000 });
  const said = `${audit.stdout}${audit.stderr}`;
  // Whether there are keys and signatures to compare with is up to the registry, and to the network in front of it.
  const none =
    /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|supported registry|E40[1345]\b/.exec(said)?.[0] ??
    (audit.error ? 'it does not answer' : '');
  const why = audit.status !== 0 && none !== '' ? `, skipped: the registry serves no keys for it here (${none})` : '';
  test.skipIf(why !== '')(`is signed, as npm audit signatures says${why}`, () => {
    expect({ status: audit.status, said }).toEqual({ status: 0, said: expect.stringContaining('verified registry signature') });
  });
});

describe('the packed program', () => {
  /** What a user needs: the program, the data that it reads, and what runs in containers. */
  const wanted = [
    /^(README(\.zh-CN)?\.md|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|LICENSE|package\.json|(releases|cards)\.json|Dockerfile)$/,
    /^build\/([\w-]+\/)*[\w-]+\.js$/,
    /^build\/(mft-patch\.cjs|program\.cjs(\.map)?|help\.txt|LICENSES\.txt)$/,
    /^\.github\/workflows\/kernels\.yml$/,
    /^man\/mft-patch\.1$/,
    /^patches\/(series|[\w-]+\.patch)$/,
    /^kernels\/[\w.-]+\.(json|asc)$/,
    /^schemas\/[\w-]+\.schema\.json$/,
    /^samples\/(common|flat|nnt|nnt-4\.26)\/(base|README\.txt|changelog|DEBIAN\/(control|postinst|prerm)|source\/.+)$/,
    /^docs\/[\w-]+(\.zh-CN)?\.md$/,
    /^docs\/pictures\/[\w-]+\.(svg|txt|png)$/,
    /^container\/(Dockerfile\.(boot|tool)|[\w-]+\.(sh|c|pl))$/,
  ];
  const filesOf = (folder: string) =>
    readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(projectRoot.length));

  test('has what a user needs, whole and nothing else', () => {
    const [{ files }] = JSON.parse(sh('npm pack --dry-run --json --ignore-scripts', { cwd: projectRoot, env: emptyHome() }));
    const packed: string[] = files.map(({ path }: { path: string }) => path);
    expect(packed.filter((path) => !wanted.some((form) => form.test(path)))).toEqual([]);
    const compiled = filesOf('src').map((path) => path.replace(/^src\/(.*)\.(c?)ts$/, 'build/$1.$2js'));
    const data = ['patches', 'kernels', 'samples', 'container', 'schemas', 'docs'].flatMap(filesOf);
    const single = [
      'README.md',
      'README.zh-CN.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'LICENSE',
      'package.json',
      'releases.json',
      'cards.json',
      'Dockerfile',
      'man/mft-patch.1',
      'build/program.cjs',
      'build/program.cjs.map',
      'build/help.txt',
      'build/LICENSES.txt',
      '.github/workflows/kernels.yml',
    ];
    expect(packed.sort()).toEqual([...compiled, ...data, ...single].sort());
    // What documents link to and messages name is among them.
    const pages = packed.filter((path) => path.endsWith('.md'));
    const links = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) => join(dirname(page), path)),
    );
    const code = filesOf('src').map(read).join('\n');
    const named = [...code.matchAll(/(?<=['` #])(?:docs\/)?[\w-]+\.md\b|\bDockerfile\b|\bcontainer\/[\w-]+\.\w+/g)].map(([path]) => path);
    expect(links.length).toBeGreaterThan(20);
    expect(named).toContain('CONTRIBUTING.md');
    const isThere = (path: string) => packed.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`));
    expect([...links, ...named].filter((path) => !isThere(path))).toEqual([]);
  });

  describe('installed into an empty folder, with an empty home', () => {
    let app: string;
    const env = emptyHome();
    beforeAll(() => {
      app = installPacked(env);
    });
    const mftPatch = (args: string) => sh(`npx --no-install mft-patch ${args}`, { cwd: app, env });

    test('brings what it needs to run, and nothing that only tests need', () => {
      const modules = join(app, 'node_modules');
      const there = Object.keys({ ...project.dependencies, ...project.devDependencies }).filter((name) => existsSync(join(modules, name)));
      expect(there.sort()).toEqual(Object.keys(project.dependencies).sort());
    });

    test('builds the sample', () => {
      expect(mftPatch('build --sample --no-verify')).toContain('\nWrote dist/kernel-mft-dkms_4.15.1-0sample+mftpatch');
      expect(readdirSync(join(app, 'dist'))).toHaveLength(3);
    });

    test.skipIf(missing('docker') !== '')('builds and verifies the sample', () => {
      const { verification } = JSON.parse(mftPatch('build --sample --kernel debian-12 --verify --engine docker --json --quiet'));
      expect(verification).toMatchObject({ status: 'passed', kernels: [{ target: 'debian-12', status: 'builds' }] });
    });
  });
});
