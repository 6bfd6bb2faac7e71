/* SPDX-License-Identifier: MIT */
/* What the modules and the programs that use them agree on. */
#ifndef NNT_IOCTL_H
#define NNT_IOCTL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define NNT_PCI "mst_pci"
#define NNT_PCICONF "mst_pciconf"
#define NNT_PPC_PCI_RESET "mst_ppc_pci_reset"

#define NNT_VENDOR 0x15b3

struct nnt_pci_init {
    __u32 domain;
    __u32 bus;
    __u32 devfn;
    __u32 bar;
};

#define PCI_MAGIC 0xD1
#define PCI_INIT _IOC(_IOC_NONE, PCI_MAGIC, 0, sizeof(struct nnt_pci_init))
#define PCI_STOP _IOC(_IOC_NONE, PCI_MAGIC, 1, 0)

struct nnt_pciconf_init {
    __u32 domain;
    __u32 bus;
    __u32 devfn;
    __u32 addr_reg;
    __u32 data_reg;
};

#define PCICONF_MAGIC 0xD2
#define PCICONF_INIT _IOC(_IOC_NONE, PCICONF_MAGIC, 0, sizeof(struct nnt_pciconf_init))
#define PCICONF_STOP _IOC(_IOC_NONE, PCICONF_MAGIC, 1, 0)

#endif
