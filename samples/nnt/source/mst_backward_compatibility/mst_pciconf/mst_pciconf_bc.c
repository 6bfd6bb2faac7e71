// SPDX-License-Identifier: MIT
/* Sample of a module for access by PCI configuration space: it knows only devices of one vendor. */
#include <linux/init.h>
#include <linux/module.h>

#include "nnt_ioctl.h"
#include "nnt_device.h"

static struct nnt_device mst_pciconf = {
    .name = NNT_PCICONF,
    .init = PCICONF_INIT,
    .stop = PCICONF_STOP,
    .init_size = sizeof(struct nnt_pciconf_init),
};

static int __init mst_pciconf_init(void)
{
    return nnt_register(&mst_pciconf);
}

static void __exit mst_pciconf_exit(void)
{
    nnt_unregister(&mst_pciconf);
}

module_init(mst_pciconf_init);
module_exit(mst_pciconf_exit);

MODULE_DESCRIPTION("mft-patch sample: " NNT_PCICONF);
MODULE_LICENSE("Dual MIT/GPL");
