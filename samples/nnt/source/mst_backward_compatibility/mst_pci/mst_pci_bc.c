// SPDX-License-Identifier: MIT
/* Sample of a module for access by PCI memory: it knows only devices of one vendor. */
#include <linux/init.h>
#include <linux/module.h>

#include "nnt_ioctl.h"
#include "nnt_device.h"

static struct nnt_device mst_pci = {
    .name = NNT_PCI,
    .init = PCI_INIT,
    .stop = PCI_STOP,
    .init_size = sizeof(struct nnt_pci_init),
};

static int __init mst_pci_init(void)
{
    return nnt_register(&mst_pci);
}

static void __exit mst_pci_exit(void)
{
    nnt_unregister(&mst_pci);
}

module_init(mst_pci_init);
module_exit(mst_pci_exit);

MODULE_DESCRIPTION("mft-patch sample: " NNT_PCI);
MODULE_LICENSE("Dual MIT/GPL");
