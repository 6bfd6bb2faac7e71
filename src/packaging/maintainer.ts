/** The maintainer of the packages that are made here, in their control files and changelogs (Policy 5.6.2). */
export const maintainer = 'mft-patch <mft-patch@users.invalid>';
