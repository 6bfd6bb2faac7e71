// SPDX-License-Identifier: MIT
/* Sample of the module that the vendor builds on arm64 only: its device appears only with hardware that nobody has. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static const struct file_operations livefish_fops = {
    .owner = THIS_MODULE,
};

static struct miscdevice livefish_device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "bf3_livefish",
    .fops = &livefish_fops,
};

static int livefish_probe(struct platform_device *pdev)
{
    int error = misc_register(&livefish_device);

    if (error)
        return error;
    return 0;
}

/* Linux 6.11 made the type of .remove return nothing. */
static int livefish_remove(struct platform_device *pdev)
{
    misc_deregister(&livefish_device);

    return 0;
}

static const struct platform_device_id livefish_ids[] = {
    { .name = "mft-sample-livefish" },
    {}
};
MODULE_DEVICE_TABLE(platform, livefish_ids);

static struct platform_driver livefish_driver = {
    .driver = {
        .name = "bf3_livefish",
    },
    .id_table = livefish_ids,
    .probe = livefish_probe,
    .remove = livefish_remove,
};
module_platform_driver(livefish_driver);

MODULE_DESCRIPTION("mft-patch sample: bf3_livefish");
MODULE_LICENSE("Dual MIT/GPL");
