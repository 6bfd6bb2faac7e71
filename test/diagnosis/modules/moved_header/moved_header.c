/* Linux 6.12 moved it to linux/unaligned.h. */
#include <linux/module.h>
#include <asm/unaligned.h>

u32 word_at(const void *place);
u32 word_at(const void *place)
{
	return get_unaligned((const u32 *)place);
}

MODULE_DESCRIPTION("diagnose: a header that is elsewhere now");
MODULE_LICENSE("GPL");
