/** Is loaded before the program under strace(1): the names of its stages are known then, and can be passed to -P. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

Object.assign(crypto, { randomBytes: (size: number) => Buffer.alloc(size) });
syncBuiltinESMExports();
