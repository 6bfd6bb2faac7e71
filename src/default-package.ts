/** The package that is patched where nothing else is said. Its name stands here and nowhere else in the program. */
export const defaultPackage = 'kernel-mft-dkms';

/** The name of a package as a document has it: missing for the default. */
export function packageField(name: string): { package?: string } {
  return name === defaultPackage ? {} : { package: name };
}

/** What a version is of, in the words for people: MFT's for the default package, else the package's own. */
export function releaseName(name: string = defaultPackage): string {
  return name === defaultPackage ? 'MFT' : name;
}
