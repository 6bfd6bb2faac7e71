// SPDX-License-Identifier: MIT
/* Linked into mst_pci and into mst_pciconf. */
#include <linux/module.h>

#include "nnt_device.h"

static long nnt_ioctl(struct file *file, unsigned int opcode, unsigned long input)
{
    return -ENOTTY;
}

static const struct file_operations nnt_fops = {
    .owner = THIS_MODULE,
    .unlocked_ioctl = nnt_ioctl,
};

int nnt_register(struct nnt_device *device)
{
    int error = alloc_chrdev_region(&device->number, 0, 1, device->name);

    if (error)
        return error;
    cdev_init(&device->cdev, &nnt_fops);
    device->cdev.owner = THIS_MODULE;
    error = cdev_add(&device->cdev, device->number, 1);
    if (error)
        unregister_chrdev_region(device->number, 1);
    return error;
}

void nnt_unregister(struct nnt_device *device)
{
    cdev_del(&device->cdev);
    unregister_chrdev_region(device->number, 1);
}
