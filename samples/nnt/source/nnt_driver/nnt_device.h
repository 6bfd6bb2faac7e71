/* SPDX-License-Identifier: MIT */
#ifndef NNT_DEVICE_H
#define NNT_DEVICE_H

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/pci.h>

struct nnt_device {
    const char *name;
    /* The ioctls of this module. */
    unsigned int init;
    unsigned int stop;
    size_t init_size;
    dev_t number;
    struct cdev cdev;
};

/* Registers the character device; 0, or an error number below it. */
int nnt_register(struct nnt_device *device);
void nnt_unregister(struct nnt_device *device);

#endif
