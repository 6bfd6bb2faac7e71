#!/usr/bin/env node
/**
 * The program as it is installed: all modules in one file, program.cjs, with the code that V8 made of it last time from the
 * user's cache directory. That is for speed only: what is missing, does not fit, cannot be read or written is passed over.
 */
import type { Hash } from 'node:crypto';

import fs = require('node:fs');
import path = require('node:path');
import vm = require('node:vm');

const program = path.join(__dirname, 'program.cjs');
const words = process.argv.slice(2);
/** How many columns help.txt is made for: those of what is no terminal. */
const helpWidth = 80;

const asked = words.length === 1 ? words[0] : undefined;

// Both are answered before anything else is loaded: scripts ask for the version often, people for the help.
if (asked === '--version' || asked === '-V') {
  const { version } = JSON.parse(fs.readFileSync(path.join(__dirname, '../package.json'), 'utf8')) as { version: string };
  answer(`${version}\n`);
} else if ((asked === '--help' || asked === '-h') && (process.stdout.columns ?? helpWidth) === helpWidth) {
  answer(fs.readFileSync(path.join(__dirname, 'help.txt'), 'utf8'));
} else if (words.includes('--verbose') || process.env.NODE_DISABLE_COMPILE_CACHE) {
  // Stack traces name the sources, which Node maps in modules only that it loads itself.
  if (words.includes('--verbose')) process.setSourceMapsEnabled(true);
  (require('./program.cjs') as Main)(require, program);
} else {
  start();
}

/** Prints a result. A reader that closes the pipe early (`| head`) is not an error. */
function answer(text: string): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`mft-patch: cannot write the result: ${message}\n  free space, or send stdout elsewhere\n`);
    process.exitCode = 5;
  });
  process.stdout.write(text);
}

/** What program.cjs is: all modules, as a function of what Node would give each file. */
type Main = (require: NodeJS.Require, filename: string) => void;

/** Code of V8's, and the commands that have run with it: it holds the functions that they have called. */
interface Kept {
  commands: string[];
  code: Buffer;
}

function start(): void {
  const source = fs.readFileSync(program);
  const command = words.find((word) => /^[a-z]+$/.test(word)) ?? '';
  const place = placeOf(source);
  const kept = place === undefined ? undefined : read(place);
  // All of it is ASCII: of this size V8 then has it without a copy of its own.
  const text = source.toString('latin1');
  const script = new vm.Script(text, { filename: program, ...(kept === undefined ? {} : { cachedData: kept.code }) });
  const isFit = kept !== undefined && !script.cachedDataRejected;
  const commands = isFit ? kept.commands : [];
  if (place !== undefined && !commands.includes(command)) {
    process.on('exit', (status) => {
      // What is no command ends with another status.
      if (status === 0) write(place, { commands: [...commands, command], code: script.createCachedData() });
    });
  }
  (script.runInThisContext() as Main)(require, program);
}

function newHash(): Hash {
  return (require('node:crypto') as typeof import('node:crypto')).createHash('sha256');
}

/** Where the code of this program is, for this Node and its options, which V8's code depends on. */
function placeOf(source: Buffer): string | undefined {
  const { env, version, arch, execArgv } = process;
  const home = env.XDG_CACHE_HOME || path.join(env.HOME || (require('node:os') as typeof import('node:os')).homedir(), '.cache');
  if (!path.isAbsolute(home)) return undefined;
  const digest = newHash()
    .update([version, arch, process.versions.v8, env.NODE_OPTIONS, ...execArgv].join('\n'))
    .update(source);
  return path.join(home, 'mft-patch/code', `${digest.digest('hex')}.bin`);
}

/** Code is run: nobody else may have written it. */
function isOwn({ uid, mode }: fs.Stats): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/** The form: SHA-256 of the rest, the commands, the code. V8 itself does not see every damage. */
function read(place: string): Kept | undefined {
  let file: number | undefined;
  try {
    file = fs.openSync(place, 'r');
    if (!isOwn(fs.fstatSync(file))) return undefined;
    const bytes = fs.readFileSync(file);
    const rest = bytes.subarray(65);
    if (newHash().update(rest).digest('hex') !== bytes.toString('latin1', 0, 64)) return undefined;
    const end = rest.indexOf('\n');
    return { commands: rest.toString('latin1', 0, end).split(','), code: rest.subarray(end + 1) };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** Files of programs that are gone are removed after as long, in milliseconds. */
const longUnused = 30 * 86_400_000;

/** Writes whole files only, into a directory that is the user's own. */
function write(place: string, { commands, code }: Kept): void {
  const directory = path.dirname(place);
  const part = `${place}.${process.pid}`;
  try {
    if (!isMadeInOwn(directory)) return;
    const stats = fs.lstatSync(directory);
    if (!stats.isDirectory() || !isOwn(stats)) return;
    const rest = Buffer.concat([Buffer.from(`${commands.join(',')}\n`), code]);
    fs.writeFileSync(part, Buffer.concat([Buffer.from(`${newHash().update(rest).digest('hex')}\n`), rest]), { flag: 'wx', mode: 0o600 });
    fs.renameSync(part, place);
    const old = Date.now() - longUnused;
    for (const name of fs.readdirSync(directory)) {
      const other = path.join(directory, name);
      if (fs.statSync(other).mtimeMs < old) fs.unlinkSync(other);
    }
  } catch {
    try {
      fs.unlinkSync(part);
    } catch {
      // It was not begun.
    }
  }
}

/**
 * Makes a directory, if the one above it that exists is the user's own: root makes none in the home of another user. Step by step:
 * where no directory can be made, as in /proc, Node's recursive mkdir goes on for ever.
 */
function isMadeInOwn(directory: string): boolean {
  const stats = fs.statSync(directory, { throwIfNoEntry: false });
  if (stats !== undefined) return process.geteuid === undefined || stats.uid === process.geteuid();
  const parent = path.dirname(directory);
  if (parent === directory || !isMadeInOwn(parent)) return false;
  fs.mkdirSync(directory, { mode: 0o700 });
  return true;
}
