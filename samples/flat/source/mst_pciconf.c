// SPDX-License-Identifier: MIT
/*
 * Sample of a module for access by PCI configuration space: it finds a PCI device, reads through an address and a data
 * register of it, and frees its DMA buffers by the call that Linux 5.18 removed, in a function of the vendor's shape.
 */
#include "driver_common.c"

static void init_dma(struct mst_dev_data *dev)
{
    int i = 0;
    for (i = 0; i < MST_DMA_END; i++) {
        struct mst_dma_props *props = &dev->dma_props[i];
        /*
        dev->dma_props[i].dma_map = pci_map_single(dev->pci_dev, dev->dma_props[i].mem_pa, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);
        */
        props->mem_pa = kmalloc(DMA_MBOX_SIZE, GFP_KERNEL | GFP_DMA);
        if (!props->mem_pa)
            continue;
        props->dma_map = dma_map_single(&dev->pci_dev->dev, props->mem_pa, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);
        if (dma_mapping_error(&dev->pci_dev->dev, props->dma_map)) {
            kfree(props->mem_pa);
            props->mem_pa = NULL;
        }
    }
}

static void close_dma(struct mst_dev_data *dev)
{
    int i = 0;
    for (i = 0; i < MST_DMA_END; i++) {
        if (dev->dma_props[i].mem_pa) {
            pci_unmap_single(dev->pci_dev, dev->dma_props[i].dma_map, DMA_MBOX_SIZE, DMA_BIDIRECTIONAL);
            kfree(dev->dma_props[i].mem_pa);
            dev->dma_props[i].mem_pa = NULL;
        }
    }
}

static void mst_stop(struct mst_dev_data *dev)
{
    close_dma(dev);
    pci_dev_put(dev->pci_dev);
    dev->pci_dev = NULL;
}

static int init(struct mst_dev_data *dev, void __user *user)
{
    struct mst_pciconf_init request;
    int error;

    if (copy_from_user(&request, user, sizeof(request)))
        return -EFAULT;
    error = find_pci_dev(dev, request.domain, request.bus, request.devfn);
    if (error)
        return error;
    dev->addr_reg = request.addr_reg;
    dev->data_reg = request.data_reg;
    init_dma(dev);
    return 0;
}

static int read4(struct mst_dev_data *dev, void __user *user)
{
    struct mst_read4 request;

    if (!dev->pci_dev)
        return -EINVAL;
    if (copy_from_user(&request, user, sizeof(request)))
        return -EFAULT;
    if (pci_write_config_dword(dev->pci_dev, dev->addr_reg, request.offset) ||
        pci_read_config_dword(dev->pci_dev, dev->data_reg, &request.data))
        return -EIO;
    return copy_to_user(user, &request, sizeof(request)) ? -EFAULT : 0;
}

static int mst_ioctl(struct mst_dev_data *dev, unsigned int opcode, void __user *user)
{
    switch (opcode) {
    case PCICONF_INIT:
        return init(dev, user);
    case PCICONF_READ4:
        return read4(dev, user);
    case PCICONF_STOP:
        mst_stop(dev);
        return 0;
    default:
        return -ENOTTY;
    }
}

static struct mst_chrdev mst_pciconf = { .name = "mst_pciconf" };

static int __init mst_pciconf_init(void)
{
    return mst_register(&mst_pciconf);
}

static void __exit mst_pciconf_exit(void)
{
    mst_unregister(&mst_pciconf);
}

module_init(mst_pciconf_init);
module_exit(mst_pciconf_exit);

MODULE_DESCRIPTION("mft-patch sample: mst_pciconf");
MODULE_LICENSE("Dual MIT/GPL");
