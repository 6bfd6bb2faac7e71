/* Linux 6.11 made platform_driver.remove return nothing. */
#include <linux/module.h>
#include <linux/platform_device.h>

static int demo_probe(struct platform_device *pdev)
{
	return 0;
}

static int demo_remove(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver demo_driver = {
	.probe = demo_probe,
	.remove = demo_remove,
	.driver = {
		.name = "diagnose",
	},
};

module_platform_driver(demo_driver);
MODULE_DESCRIPTION("diagnose: a callback that returns another type now");
MODULE_LICENSE("GPL");
