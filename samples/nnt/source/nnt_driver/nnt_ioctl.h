/* SPDX-License-Identifier: MIT */
/* What the modules and the programs that use them agree on. */
#ifndef NNT_IOCTL_H
#define NNT_IOCTL_H

#include <linux/ioctl.h>

#define NNT_PCI "mst_pci"
#define NNT_PCICONF "mst_pciconf"
#define NNT_PPC_PCI_RESET "mst_ppc_pci_reset"

#define MST_MAGIC 0xD2
/* The sample's one ioctl; the driver refuses it with ENOTTY, as any it does not know. */
#define MST_SAMPLE_NOP _IO(MST_MAGIC, 0)

#endif
