/**
 * Under Node's permission model only a process that may write everywhere can call fs.symlink. Here ln(1) makes the links
 * instead.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, relative } from 'node:path';
import { Fault } from './fault.js';

/** Lets the program make symbolic links in this directory, and in those inside it. */
export function allowSymlinks(directory: string): void {
  const symlink = async (target: string, path: string) => {
    if (relative(directory, dirname(path)).startsWith('..')) throw new Fault('outside', `a link at ${path}`);
    if (spawnSync('ln', ['-sT', '--', target, path]).status === 0) return;
    throw Object.assign(new Error(`ln cannot make ${path}`), { code: fs.existsSync(dirname(path)) ? 'EEXIST' : 'ENOENT' });
  };
  Object.assign(fs.promises, { symlink });
  syncBuiltinESMExports();
}
