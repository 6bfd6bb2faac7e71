/* SPDX-License-Identifier: MIT */
#ifndef DRIVER_COMMON_H
#define DRIVER_COMMON_H

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* What the programs ask of mst_pci. */
struct mst_pci_init {
    u32 domain;
    u32 bus;
    u32 devfn;
    u32 bar;
};

struct mst_pci_params {
    u64 bar;
    u64 size;
} __attribute__((packed));

#define PCI_MAGIC 0xD1
#define PCI_INIT _IOC(_IOC_NONE, PCI_MAGIC, 0, sizeof(struct mst_pci_init))
#define PCI_STOP _IOC(_IOC_NONE, PCI_MAGIC, 1, 0)
#define PCI_PARAMS _IOR(PCI_MAGIC, 2, struct mst_pci_params)

/* What they ask of mst_pciconf. */
struct mst_pciconf_init {
    u32 domain;
    u32 bus;
    u32 devfn;
    u32 addr_reg;
    u32 data_reg;
};

struct mst_read4 {
    u32 offset;
    u32 data;
};

#define PCICONF_MAGIC 0xD2
#define PCICONF_INIT _IOC(_IOC_NONE, PCICONF_MAGIC, 0, sizeof(struct mst_pciconf_init))
#define PCICONF_STOP _IOC(_IOC_NONE, PCICONF_MAGIC, 1, 0)
#define PCICONF_READ4 _IOR(PCICONF_MAGIC, 1, struct mst_read4)

#define DMA_MBOX_SIZE 4096

enum mst_dma {
    MST_DMA_ICMD,
    MST_DMA_REG,
    MST_DMA_END
};

struct mst_dma_props {
    dma_addr_t dma_map;
    void *mem_pa;
};

/* What one open file has to do with. */
struct mst_dev_data {
    struct pci_dev *pci_dev;
    u32 bar;
    u32 addr_reg;
    u32 data_reg;
    struct mst_dma_props dma_props[MST_DMA_END];
};

struct mst_chrdev {
    const char *name;
    dev_t number;
    struct cdev cdev;
};

/* Each module has its own. The handler is unused where the guard in driver_common.c leaves it out. */
static int __maybe_unused mst_ioctl(struct mst_dev_data *dev, unsigned int opcode, void __user *user);
static void mst_stop(struct mst_dev_data *dev);

#endif
