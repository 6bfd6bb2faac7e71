// SPDX-License-Identifier: MIT
/* Sample of the module that the vendor builds on ppc64le only: it can be loaded and does nothing. */
#include <linux/init.h>
#include <linux/module.h>

#include "nnt_ioctl.h"

static int __init mst_ppc_pci_reset_init(void)
{
    return 0;
}

static void __exit mst_ppc_pci_reset_exit(void)
{
}

module_init(mst_ppc_pci_reset_init);
module_exit(mst_ppc_pci_reset_exit);

MODULE_DESCRIPTION("mft-patch sample: " NNT_PPC_PCI_RESET);
MODULE_LICENSE("Dual MIT/GPL");
