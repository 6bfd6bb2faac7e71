/* No kernel is at fault: a typing error, which diagnose must not explain away. */
#include <linux/module.h>

int twice(int number);
int twice(int number)
{
	return 2 * number
}

MODULE_DESCRIPTION("diagnose: an error that it does not know");
MODULE_LICENSE("GPL");
