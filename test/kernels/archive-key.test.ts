/** The keys of further archives: found by their fingerprint, in files as gpg writes them. */
import { describe, expect, test } from 'vitest';
import { loadTargets } from '../../src/catalogue.js';
import { keysIn } from '../../src/kernels/archive-key.js';
import { projectBytes } from '../../src/project-files.js';
import { testContext } from '../support.js';

const proxmox = ['F4E136C67CDCE41AE6DE6FC81140AF8F639E0C39', '24B30F06ECC1836A4E5EFECBA7BCD1420BFE778E'];
const fingerprints = (bytes: Buffer) => keysIn(bytes)?.map(({ fingerprint }) => fingerprint);

describe('the keys in a file', () => {
  test('are all primary ones, with what belongs to each', async () => {
    const keys = keysIn(await projectBytes('kernels/proxmox.asc')) ?? [];
    expect(keys.map(({ fingerprint }) => fingerprint)).toEqual(proxmox);
    // Each alone is a file of that key, without armor.
    for (const { fingerprint, bytes } of keys) expect(fingerprints(bytes)).toEqual([fingerprint]);
    expect(fingerprints(Buffer.concat(keys.map(({ bytes }) => bytes)))).toEqual(proxmox);
  });

  test('with subkeys are those of the primary key', async () => {
    expect(fingerprints(await projectBytes('kernels/liquorix.asc'))).toEqual(['C5ADB4F3FEBBCE27A3E54D7D9AE4078033F8024D']);
  });

  test('with one changed byte is another key', async () => {
    const [key] = keysIn(await projectBytes('kernels/xanmod.asc')) ?? [];
    const bytes = Buffer.from(key?.bytes ?? '');
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    expect(fingerprints(bytes)).toHaveLength(1);
    expect(fingerprints(bytes)).not.toEqual([key?.fingerprint]);
  });

  test.each<[string, (key: Buffer) => Buffer]>([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('<html>not found</html>')],
    ['a truncated key', (key) => key.subarray(0, -7)],
    ['what begins with a user id', (key) => key.subarray(3 + key.readUInt16BE(1))],
    ['a key of version 3', (key) => Buffer.concat([key.subarray(0, 3), Buffer.of(3), key.subarray(4)])],
  ])('are none in %s', async (_, change) => {
    const [key] = keysIn(await projectBytes('kernels/xanmod.asc')) ?? [];
    expect(keysIn(change(key?.bytes ?? Buffer.alloc(0)))).toBeUndefined();
  });
});

test("each archive of the project's targets has its key beside it, or at its own site by https", async () => {
  const archives = (await loadTargets(testContext())).flatMap((target) => target.archives ?? []);
  expect(archives.length).toBeGreaterThan(4);
  for (const { key, fingerprint } of archives.filter(({ key }) => !key.startsWith('https://')))
    expect(fingerprints(await projectBytes(`kernels/${key}`))).toContain(fingerprint);
});

test('a target that CI does not test says why', async () => {
  const targets = await loadTargets(testContext());
  expect(targets.filter(({ tried, untried }) => (tried.length === 0) !== (untried !== undefined))).toEqual([]);
});
