/** Which packages hold the headers of a kernel: each distribution has its own rule. Pure. */

/** A package of an image that moves on with the kernel, and that of the headers beside it. */
const movingImage = /^linux-image-(?!\d|unsigned-|extra-)([a-z][\w.+-]*)$/;

/** Whether a release is Proxmox's. */
export function isProxmox(release: string): boolean {
  return release.endsWith('-pve');
}

/**
 * The package with the headers of one release. Debian, Ubuntu with its HWE and cloud flavours, and kernels of `make bindeb-pkg`
 * name it linux-headers-RELEASE. Proxmox VE 8.1 renamed its own: those of kernels from 6.5 on are proxmox-headers-RELEASE,
 * earlier ones pve-headers-RELEASE.
 *
 * @param isInstalled whether dpkg has a package of that name: the image says which of both names the archive had
 */
export function headersPackage(release: string, isInstalled: (name: string) => boolean): string {
  if (!isProxmox(release)) return `linux-headers-${release}`;
  if (isInstalled(`pve-kernel-${release}`)) return `pve-headers-${release}`;
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return `${major > 6 || (major === 6 && minor >= 5) ? 'proxmox' : 'pve'}-headers-${release}`;
}

/**
 * The packages that bring the headers of each later kernel, for the images that are installed in that way: linux-headers-amd64 for
 * linux-image-amd64, linux-headers-generic-hwe-22.04 for its image, proxmox-default-headers for proxmox-default-kernel.
 */
export function movingHeaders(installed: readonly string[]): string[] {
  const names = installed.flatMap((name) => {
    const [, flavour] = movingImage.exec(name) ?? [];
    if (flavour !== undefined) return flavour.endsWith('-dbg') ? [] : [`linux-headers-${flavour}`];
    const [, line, series] = /^(pve|proxmox)-(?:default-)?kernel(-\d+\.\d+)?$/.exec(name) ?? [];
    if (line === undefined) return [];
    if (series !== undefined) return [`${line}-headers${series}`];
    return name === 'proxmox-default-kernel' ? ['proxmox-default-headers'] : ['pve-headers'];
  });
  // The default one brings the headers of a series.
  const general = names.includes('proxmox-default-headers') ? names.filter((name) => !/^(pve|proxmox)-headers-/.test(name)) : names;
  return [...new Set(general)];
}

/** The package that brings each later kernel, for one of the headers. */
export function movingImageOf(headers: string): string {
  return headers.replace('linux-headers-', 'linux-image-').replace(/-headers\b/, '-kernel');
}
