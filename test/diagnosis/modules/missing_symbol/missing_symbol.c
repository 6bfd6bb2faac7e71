/* 5.10 exports it, newer kernels do not, though it is still declared. */
#include <linux/module.h>
#include <linux/pci.h>

static int __init demo_init(void)
{
	return pcie_aspm_support_enabled();
}

static void __exit demo_exit(void)
{
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("diagnose: a symbol that is not exported any more");
MODULE_LICENSE("GPL");
