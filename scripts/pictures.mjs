/**
 * Makes the terminal pictures of docs/pictures: `npm run pictures [NAME…]`. Without names those that need no container
 * engine; the others are made by name. Beside each picture is its text, with colours.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ansiSvg } from './ansi-svg.mjs';
import { screenDuring } from './terminal-screen.mjs';

/**
 * @typedef {object} Picture
 * @property {string} name of the files in docs/pictures
 * @property {string} title
 * @property {string} desc what it shows, for those who do not see it
 * @property {string} [line] what is run, and shown as typed
 * @property {string} [screen] of test/machine/screens, which the tests of doctor keep current
 * @property {boolean} [engine] whether it takes a container engine, and so is not run again by the tests
 * @property {number} [status] the exit code
 * @property {RegExp} [running] the screen of a terminal in the middle of the run, as soon as it is like this
 */

/** @type {Picture[]} */
export const pictures = [
  {
    name: 'doctor-half-configured',
    title: 'mft-patch doctor: the vendor package has stopped apt',
    desc: "A terminal with the output of mft-patch doctor on Debian 13: the vendor's package is half-configured, and below each fault is the command that cures it.",
    screen: 'debian-13-half-configured',
  },
  {
    name: 'doctor-working',
    title: 'mft-patch doctor: nothing to do',
    desc: 'A terminal with the output of mft-patch doctor on Debian 12: every line is ok, the modules are loaded, and /dev/mst has the device of a ConnectX-4.',
    screen: 'debian-12-working',
  },
  {
    name: 'doctor-secure-boot',
    title: 'mft-patch doctor: Secure Boot, and a key that is not enrolled',
    desc: 'A terminal with the output of mft-patch doctor with Secure Boot on: the key that dkms signs with is not enrolled, and the command that enrols it.',
    screen: 'secure-boot-not-enrolled',
  },
  {
    name: 'plan',
    title: 'mft-patch plan: which patches, and why',
    desc: 'A terminal with the output of mft-patch plan for the sample bundle and kernel 6.1: each patch, and where it is applied or why it is not needed.',
    line: 'mft-patch plan --sample --kernel 6.1',
  },
  {
    name: 'kernels',
    title: 'mft-patch kernels: what a package can be verified on',
    desc: 'A terminal with the output of mft-patch kernels: a table of targets with their kernels.',
    line: 'mft-patch kernels',
  },
  {
    name: 'build',
    title: 'mft-patch build: the sample, patched for every kernel, and verified in a container',
    desc: 'A terminal with the output of mft-patch build for the sample bundle: the patches, the verdict of a container, and the file that was written.',
    line: 'mft-patch build --sample',
    engine: true,
  },
  {
    name: 'matrix',
    title: "mft-patch matrix: the vendor's package and the patched one on four kernels",
    desc: "A terminal with the table of mft-patch matrix: the vendor's package fails to build on three of four kernels, the patched one builds on all.",
    line: 'mft-patch matrix --sample --baseline --kernel 5.10,6.1,6.12,debian-13-backports',
    engine: true,
  },
  {
    name: 'matrix-running',
    title: 'mft-patch matrix while it runs',
    desc: 'A terminal in which mft-patch matrix is at work: a line for each package that is just being installed, with the seconds that it has taken.',
    line: 'mft-patch matrix --sample --baseline --kernel 5.10,6.1,6.12,debian-13-backports',
    engine: true,
    running: /fails(?:.*\n){2}.*\d s/,
  },
];

const root = fileURLToPath(new URL('../', import.meta.url));

/** @param {string} name @param {'svg' | 'txt'} kind @returns {string} */
export function pathOf(name, kind) {
  return join(root, 'docs/pictures', `${name}.${kind}`);
}

/**
 * The text of a picture, made now.
 * @param {Picture} picture
 * @param {(text: string) => string} color colours the verdicts of a screen
 * @returns {string}
 */
export function record({ line, screen, status = 0 }, color) {
  if (screen !== undefined) {
    const text = readFileSync(join(root, 'test/machine/screens', `${screen}.txt`), 'utf8');
    // The first line says what machine it is, the last two what the exit code was.
    return color(text.replace(/^# .*\n/, '').replace(/\$ echo \$\?\n\d\n$/, ''));
  }
  return inDirectory((how) => {
    const [program, ...args] = [...commandOf(line), '--quiet'];
    const ran = spawnSync(program, args, { ...how, encoding: 'utf8' });
    if (ran.status !== status) throw new Error(`${line}: exit ${ran.status}\n${ran.stderr}`);
    return `$ ${line}\n${ran.stdout}`;
  });
}

/**
 * The screen of a terminal in the middle of a run.
 * @param {Picture} picture
 * @param {RegExp} until what the screen must be like
 * @returns {Promise<string>}
 */
function recordRunning({ line }, until) {
  return inDirectory(async (how) => `$ ${line}\n${await screenDuring(commandOf(line), { ...how, until })}\n`);
}

/** @param {string} [line] @returns {[string, ...string[]]} */
function commandOf(line = '') {
  const [, ...words] = line.split(' ');
  return [process.execPath, join(root, 'build/cli.js'), ...words, '--color', 'always'];
}

/**
 * Runs something in an empty directory that is its home, too, and removes that.
 * @template T
 * @param {(how: {cwd: string, env: NodeJS.ProcessEnv}) => T} work
 * @returns {T}
 */
function inDirectory(work) {
  const cwd = mkdtempSync(join(tmpdir(), 'mft-patch-picture-'));
  const remove = () => rmSync(cwd, { recursive: true, force: true });
  let result;
  try {
    result = work({ cwd, env: { PATH: process.env.PATH, HOME: cwd, LANG: 'C.UTF-8', TERM: 'xterm' } });
    return result;
  } finally {
    if (result instanceof Promise) result.finally(remove).catch(() => {});
    else remove();
  }
}

/** @param {Picture} picture @param {string} text @returns {string} */
export function svgOf({ title, desc }, text) {
  return ansiSvg(text, { title, desc });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { colorVerdicts } = await import('../build/report/colors.js');
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => pictures.every((picture) => picture.name !== name));
  if (unknown.length > 0) throw new Error(`no picture ${unknown.join(', ')}; there are ${pictures.map(({ name }) => name).join(', ')}`);
  const wanted = pictures.filter(({ name, engine }) => (names.length > 0 ? names.includes(name) : !engine));
  for (const picture of wanted) {
    const text = picture.running ? await recordRunning(picture, picture.running) : record(picture, colorVerdicts);
    writeFileSync(pathOf(picture.name, 'txt'), text);
    writeFileSync(pathOf(picture.name, 'svg'), svgOf(picture, text));
    process.stdout.write(`docs/pictures/${picture.name}.svg\n`);
  }
}
