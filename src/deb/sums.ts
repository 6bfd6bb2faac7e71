/** What a package says of its files: their sums and their size. */
import { createHash } from 'node:crypto';
import type { Entry } from './tar.js';

/** The digest of md5sums. @returns 32 hex digits */
export function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

/** A line of deb-md5sums(5). @param path without leading slash */
export function sumLine(path: string, body: Buffer): string {
  return `${md5(body)}  ${path}\n`;
}

/** In KiB, as dpkg-gencontrol counts (deb-substvars(5), Installed-Size): files rounded up, one for anything else. */
export function installedSize(entries: readonly Entry[]): number {
  return entries.reduce((total, { type, body }) => total + (type === 'file' ? Math.ceil(body.length / 1024) : 1), 0);
}
