/* Linux 6.4 dropped the first argument of class_create(). */
#include <linux/module.h>
#include <linux/device.h>

static struct class *class;

static int __init demo_init(void)
{
	class = class_create(THIS_MODULE, "diagnose");
	return PTR_ERR_OR_ZERO(class);
}

static void __exit demo_exit(void)
{
	class_destroy(class);
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("diagnose: a function with fewer arguments now");
MODULE_LICENSE("GPL");
