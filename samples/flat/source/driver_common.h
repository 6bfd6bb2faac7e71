/* SPDX-License-Identifier: MIT */
#ifndef DRIVER_COMMON_H
#define DRIVER_COMMON_H

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/version.h>

#define MST_MAGIC 0xD2
/* The sample's one ioctl; the driver refuses it with ENOTTY, as any it does not know. */
#define MST_SAMPLE_NOP _IO(MST_MAGIC, 0)

struct mst_chrdev {
    const char *name;
    dev_t number;
    struct cdev cdev;
};

#endif
