#include <linux/module.h>

int is_wide(int bits)
{
	return bits > 32;
}

MODULE_DESCRIPTION("diagnose: a function without a prototype");
MODULE_LICENSE("GPL");
