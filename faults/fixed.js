/** Preloaded into the program under strace(1): the names that it makes up are known then, and can be given to -P. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

crypto.randomBytes = (size) => Buffer.alloc(size);
syncBuiltinESMExports();
