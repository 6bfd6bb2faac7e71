// SPDX-License-Identifier: MIT
/* Sample of a module for access by PCI memory: it registers its character device and drives nothing. */
#include "driver_common.c"

static struct mst_chrdev mst_pci = { .name = "mst_pci" };

static int __init mst_pci_init(void)
{
    return mst_register(&mst_pci);
}

static void __exit mst_pci_exit(void)
{
    mst_unregister(&mst_pci);
}

module_init(mst_pci_init);
module_exit(mst_pci_exit);

MODULE_DESCRIPTION("mft-patch sample: mst_pci");
MODULE_LICENSE("Dual MIT/GPL");
