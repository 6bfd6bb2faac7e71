// SPDX-License-Identifier: MIT
/* Linked into mst_pci and into mst_pciconf. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "nnt_device.h"
#include "nnt_ioctl.h"

/* What one open file has to do with. */
struct nnt_file {
    struct nnt_device *device;
    struct pci_dev *pci_dev;
};

/* Like the vendor's functions it has no prototype: with CONFIG_WERROR=y Linux 6.8 and later refuse that. */
int nnt_find(struct pci_dev **result, const struct nnt_pci_init *request)
{
    struct pci_dev *found = pci_get_domain_bus_and_slot(request->domain, request->bus, request->devfn);

    if (!found)
        return -ENXIO;
    if (found->vendor != NNT_VENDOR) {
        pci_dev_put(found);
        return -EINVAL;
    }
    pci_dev_put(*result);
    *result = found;
    return 0;
}

static int nnt_open(struct inode *inode, struct file *file)
{
    struct nnt_file *data = kzalloc(sizeof(*data), GFP_KERNEL);

    if (!data)
        return -ENOMEM;
    data->device = container_of(inode->i_cdev, struct nnt_device, cdev);
    file->private_data = data;
    return 0;
}

static void nnt_stop(struct nnt_file *data)
{
    pci_dev_put(data->pci_dev);
    data->pci_dev = NULL;
}

static int nnt_release(struct inode *inode, struct file *file)
{
    nnt_stop(file->private_data);
    kfree(file->private_data);
    return 0;
}

static long nnt_ioctl(struct file *file, unsigned int opcode, unsigned long input)
{
    struct nnt_file *data = file->private_data;
    /* Both structures begin with the three numbers that name a device. */
    union {
        struct nnt_pci_init pci;
        struct nnt_pciconf_init pciconf;
    } request;

    if (opcode == data->device->init) {
        if (copy_from_user(&request, (void __user *)input, data->device->init_size))
            return -EFAULT;
        return nnt_find(&data->pci_dev, &request.pci);
    }
    if (opcode == data->device->stop) {
        nnt_stop(data);
        return 0;
    }
    return -ENOTTY;
}

static const struct file_operations nnt_fops = {
    .owner = THIS_MODULE,
    .open = nnt_open,
    .release = nnt_release,
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
