// SPDX-License-Identifier: MIT
/* Included as text by both modules, as the vendor's file of this name is. */
#include "driver_common.h"

static long mst_ioctl(struct file *file, unsigned int opcode, unsigned long input)
{
    return -ENOTTY;
}

static const struct file_operations mst_fops = {
    .owner = THIS_MODULE,
    .unlocked_ioctl = mst_ioctl,
};

static int mst_register(struct mst_chrdev *chrdev)
{
    int error = alloc_chrdev_region(&chrdev->number, 0, 1, chrdev->name);

    if (error)
        return error;
    cdev_init(&chrdev->cdev, &mst_fops);
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
