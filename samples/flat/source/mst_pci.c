// SPDX-License-Identifier: MIT
/* Sample of a module for access by PCI memory: it finds a PCI device and reports where one of its BARs is. */
#include "driver_common.c"

static void mst_stop(struct mst_dev_data *dev)
{
    pci_dev_put(dev->pci_dev);
    dev->pci_dev = NULL;
}

static int init(struct mst_dev_data *dev, void __user *user)
{
    struct mst_pci_init request;
    int error;

    if (copy_from_user(&request, user, sizeof(request)))
        return -EFAULT;
    error = find_pci_dev(dev, request.domain, request.bus, request.devfn);
    dev->bar = request.bar;
    return error;
}

static int params(struct mst_dev_data *dev, void __user *user)
{
    struct mst_pci_params answer;

    if (!dev->pci_dev || dev->bar > PCI_STD_RESOURCE_END)
        return -EINVAL;
    answer.bar = pci_resource_start(dev->pci_dev, dev->bar);
    answer.size = pci_resource_len(dev->pci_dev, dev->bar);
    return copy_to_user(user, &answer, sizeof(answer)) ? -EFAULT : 0;
}

static int mst_ioctl(struct mst_dev_data *dev, unsigned int opcode, void __user *user)
{
    switch (opcode) {
    case PCI_INIT:
        return init(dev, user);
    case PCI_PARAMS:
        return params(dev, user);
    case PCI_STOP:
        mst_stop(dev);
        return 0;
    default:
        return -ENOTTY;
    }
}

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
