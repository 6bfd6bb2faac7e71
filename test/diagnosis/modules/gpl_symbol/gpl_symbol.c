/* Linux 6.7 or so exports recalibrate_cpu_khz() to modules under the GPL only. */
#include <linux/module.h>
#include <asm/tsc.h>

extern int recalibrate_cpu_khz(void);

static int __init demo_init(void)
{
	return recalibrate_cpu_khz();
}

static void __exit demo_exit(void)
{
}

module_init(demo_init);
module_exit(demo_exit);
MODULE_DESCRIPTION("diagnose: a symbol for modules under the GPL only");
MODULE_LICENSE("Proprietary");
