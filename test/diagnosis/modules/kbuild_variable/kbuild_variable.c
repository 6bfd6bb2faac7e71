#include <linux/module.h>
#include "demo_ioctl.h"

static int magic = DEMO_MAGIC;
module_param(magic, int, 0444);

MODULE_DESCRIPTION("diagnose: an include path in a variable that kbuild has dropped");
MODULE_LICENSE("GPL");
