/** What architectures are called by kernels, by the vendor and by Node, and what Debian calls them. */
const names: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  amd64: 'amd64',
  x64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
  ppc64le: 'ppc64el',
  ppc64el: 'ppc64el',
  powerpc64le: 'ppc64el',
  // The vendor's bundles for ppc64le.
  ppc64: 'ppc64el',
  i386: 'i386',
  i686: 'i386',
  armmp: 'armhf',
  armhf: 'armhf',
  riscv64: 'riscv64',
  s390x: 's390x',
  // Kernels with larger pages, and those of NVIDIA's own cards, are of one architecture only.
  '16k': 'arm64',
  '64k': 'arm64',
  '64kb': 'arm64',
  bluefield: 'arm64',
};

/** Debian's name of an architecture; undefined for a word that is none. */
export function debianArch(name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** The architecture that a kernel's release ends in, as in 6.1.0-56-arm64; undefined for one that names none. */
export function archOfRelease(release: string): string | undefined {
  return debianArch(/(?:^|[-.+])(\w+)$/.exec(release)?.[1] ?? '');
}

/** The architecture in the name of a bundle, as in mft-4.20.1-14-arm64-deb.tgz; undefined for one that names none. */
export function archOfBundle(path: string): string | undefined {
  return debianArch(/-(\w+)-(?:deb|rpm)(?:\.t(?:ar|gz|xz|zst)(?:\.\w+)?)?\/?$/.exec(path)?.[1] ?? '');
}
