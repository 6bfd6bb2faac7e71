/** Images of a test's own in docker: a distribution as small as it comes, by mmdebstrap from its packages, and what is made on it. */
import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { sh } from './support.js';

/** A name that no image has yet; one that has it then is removed after the tests. Where tests are described: a hook comes too late. */
export function ownImage(kind: string): string {
  const name = `mft-patch-test/${kind}:${randomBytes(4).toString('hex')}`;
  afterAll(() => {
    sh(`! docker image inspect ${name} > /dev/null 2>&1 || docker image rm --force ${name}`);
  });
  return name;
}

/** Makes the base of a suite. */
export function importBase(suite: string, name: string): void {
  sh(`mmdebstrap --quiet --variant=minbase ${suite} - | docker import - ${name}`);
}
