/** A base image of a test's own: a distribution as small as it comes, by mmdebstrap from its packages. */
import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { sh } from './support.js';

/** Makes one of a suite, in docker; it is removed after the test file. @returns its name */
export function importBase(suite: string): string {
  const name = `mft-patch-test/${suite}:${randomBytes(4).toString('hex')}`;
  sh(`mmdebstrap --quiet --variant=minbase ${suite} - | docker import - ${name}`);
  removeLater(name);
  return name;
}

/** Removes an image after the test file. */
export function removeLater(name: string): void {
  afterAll(() => {
    sh(`docker image rm --force ${name}`);
  });
}
