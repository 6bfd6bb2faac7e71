/* Linux 6.4 dropped class.owner. */
#include <linux/module.h>
#include <linux/device/class.h>

static struct class demo_class = {
	.name = "diagnose",
	.owner = THIS_MODULE,
};

static int __init demo_init(void)
{
	return class_register(&demo_class);
}

static void __exit demo_exit(void)
{
	class_unregister(&demo_class);
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("diagnose: a member of a struct that was removed");
MODULE_LICENSE("GPL");
