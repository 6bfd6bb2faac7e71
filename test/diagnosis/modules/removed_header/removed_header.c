/* Linux 5.18 dropped this header. */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-dma-compat.h>

MODULE_DESCRIPTION("diagnose: a header that was removed");
MODULE_LICENSE("GPL");
