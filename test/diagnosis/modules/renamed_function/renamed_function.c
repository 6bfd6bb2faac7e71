/* Linux 6.2 added timer_delete_sync(), 6.15 dropped the old name. */
#include <linux/module.h>
#include <linux/timer.h>

static struct timer_list watchdog;

static int __init watchdog_init(void)
{
	return 0;
}

static void __exit watchdog_exit(void)
{
	del_timer_sync(&watchdog);
}

module_init(watchdog_init);
module_exit(watchdog_exit);
MODULE_DESCRIPTION("diagnose: a function that has another name now");
MODULE_LICENSE("GPL");
