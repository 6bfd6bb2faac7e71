// SPDX-License-Identifier: MIT
/* Included as text by both modules, as the vendor's file of this name is. */
#include "driver_common.h"

/* Like the vendor's functions it has no prototype: with CONFIG_WERROR=y Linux 6.8 and later refuse that. */
int find_pci_dev(struct mst_dev_data *dev, u32 domain, u32 bus, u32 devfn)
{
    struct pci_dev *found = pci_get_domain_bus_and_slot(domain, bus, devfn);

    if (!found)
        return -ENXIO;
    mst_stop(dev);
    dev->pci_dev = found;
    return 0;
}

static int mst_open(struct inode *inode, struct file *file)
{
    file->private_data = kzalloc(sizeof(struct mst_dev_data), GFP_KERNEL);
    return file->private_data ? 0 : -ENOMEM;
}

static int mst_release(struct inode *inode, struct file *file)
{
    mst_stop(file->private_data);
    kfree(file->private_data);
    return 0;
}

/* Linux defined this macro up to 5.8: from 5.9 on the modules build and load, and refuse every ioctl with ENOTTY. */
#ifdef HAVE_UNLOCKED_IOCTL
static long unlocked_ioctl (struct file *f, unsigned int o, unsigned long d)
{
    return mst_ioctl(f->private_data, o, (void __user *)d);
}
#endif

static struct file_operations fops = {
#ifdef HAVE_UNLOCKED_IOCTL
	unlocked_ioctl: unlocked_ioctl,
#endif
    .open = mst_open,
    .release = mst_release,
    .owner = THIS_MODULE,
};

static int mst_register(struct mst_chrdev *chrdev)
{
    int error = alloc_chrdev_region(&chrdev->number, 0, 1, chrdev->name);

    if (error)
        return error;
    cdev_init(&chrdev->cdev, &fops);
    chrdev->cdev.owner = THIS_MODULE;
    error = cdev_add(&chrdev->cdev, chrdev->number, 1);
    if (error)
        unregister_chrdev_region(chrdev->number, 1);
    return error;
}

static void mst_unregister(struct mst_chrdev *chrdev)
{
    cdev_del(&chrdev->cdev);
    unregister_chrdev_region(chrdev->number, 1);
}
