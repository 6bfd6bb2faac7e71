/** Kernels from source in tests: what the program prints, and what is in the images that it makes. */
import { expect, vi } from 'vitest';
import { runCli, sh } from '../support.js';

/** Runs the program with docker and a cache of the test's own. Whatever it does, it must leave no container. */
export async function runOn(cacheDir: string, ...args: string[]) {
  let process: number | undefined;
  const onStart = (pid: number | undefined) => {
    process = pid;
  };
  const { status, stdout, stderr } = await runCli([...args, '--engine', 'docker', '--cache-dir', cacheDir, '--json'], { onStart });
  // A busy engine goes on removing them after the end.
  const left = () => sh(`docker ps --all --format {{.Names}} | grep ^mft-patch-${process}- || true`).trim();
  await vi.waitFor(() => expect(left()).toBe(''), { timeout: 120_000, interval: 500 });
  return { status, stderr, document: JSON.parse(stdout) };
}

/** Prepares a kernel, unless it is there. @returns the image's name and the kernel's release */
export async function prepared(cacheDir: string, ...args: string[]): Promise<{ image: string; release: string; isNew: boolean }> {
  const { status, document, stderr } = await runOn(cacheDir, 'image', 'build', ...args);
  if (status !== 0) throw new Error(stderr);
  return { image: document.images[0].image, release: document.images[0].release, isNew: stderr.includes('preparing the kernel') };
}

/** What of CONFIG_WERROR is in an image's kernel configuration. */
export const werror = (image: string) =>
  sh(`docker run --rm --network none ${image} sh -c 'grep CONFIG_WERROR /lib/modules/*/build/.config'`).trim();

/** The images of trees of these names; other files prepare kernels, too. */
export const kernelImages = (names: readonly string[], repository = 'mft-patch/kernel') =>
  names.map((name) => sh(`docker image ls --quiet --filter label=mft-patch.target=${name} ${repository}`)).join('');

/** The lines of a shell that unpack a kernel's archive: whole but for drivers, which no module of ours is built against. */
export const unpackTree = (archive: string, tree: string) => `mkdir ${tree} && tar -C ${tree} -xf ${archive} --strip-components=1 \
  --wildcards --exclude='*/Documentation/*/*' --exclude='*/drivers/*.c' --exclude='*/sound/*.c' --exclude='*/fs/*.c' \
  --exclude='*/net/*.c' --exclude='*.dts*' --exclude='*/testing/*'`;
