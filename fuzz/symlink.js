/** Node's permission model has no fs.symlink but for a process that may write everywhere: here ln(1) does it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, relative } from 'node:path';
import { Fault } from './fault.js';

/** Lets the program make symbolic links in this folder, and in those inside it. */
export function allowSymlinks(folder) {
  fs.promises.symlink = async (target, path) => {
    if (relative(folder, dirname(path)).startsWith('..')) throw new Fault('outside', `a link at ${path}`);
    if (spawnSync('ln', ['-sT', '--', target, path]).status === 0) return;
    throw Object.assign(new Error(`ln makes no ${path}`), { code: fs.existsSync(dirname(path)) ? 'EEXIST' : 'ENOENT' });
  };
  syncBuiltinESMExports();
}
