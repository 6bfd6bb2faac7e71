// SPDX-License-Identifier: MIT
/*
 * Sample of a module for access by PCI configuration space. It registers its
 * character device and drives nothing, but frees its DMA buffers by the call
 * that Linux 5.18 removed, in a function of the vendor's shape.
 */
#include "driver_common.c"

#define MST_DMA_SIZE 4096

enum mst_dma {
    MST_DMA_ICMD,
    MST_DMA_REG,
    MST_DMA_END
};

struct mst_dma_props {
    dma_addr_t dma_map;
    void *mem_pa;
};

struct mst_device {
    struct pci_dev *pci_dev;
    struct mst_dma_props dma_props[MST_DMA_END];
};

static struct mst_device device;

static void init_dma(struct mst_device *dev)
{
    int i = 0;
    for (i = 0; i < MST_DMA_END; i++) {
        dev->dma_props[i].mem_pa = NULL;
        /*
        dev->dma_props[i].dma_map = pci_map_single(dev->pci_dev, dev->dma_props[i].mem_pa,
                                                   MST_DMA_SIZE, DMA_BIDIRECTIONAL);
        */
    }
}

static void close_dma(struct mst_device *dev)
{
    int i = 0;
    for (i = 0; i < MST_DMA_END; i++) {
        if (dev->dma_props[i].mem_pa) {
            pci_unmap_single(dev->pci_dev, dev->dma_props[i].dma_map, MST_DMA_SIZE, DMA_BIDIRECTIONAL);
            kfree(dev->dma_props[i].mem_pa);
            dev->dma_props[i].mem_pa = NULL;
        }
    }
}

static struct mst_chrdev mst_pciconf = { .name = "mst_pciconf" };

static int __init mst_pciconf_init(void)
{
    init_dma(&device);
    return mst_register(&mst_pciconf);
}

static void __exit mst_pciconf_exit(void)
{
    mst_unregister(&mst_pciconf);
    close_dma(&device);
}

module_init(mst_pciconf_init);
module_exit(mst_pciconf_exit);

MODULE_DESCRIPTION("mft-patch sample: mst_pciconf");
MODULE_LICENSE("Dual MIT/GPL");
