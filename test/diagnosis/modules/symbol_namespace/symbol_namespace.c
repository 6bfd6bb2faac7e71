/* Linux 5.16 put dma-buf into a namespace of symbols. */
#include <linux/module.h>
#include <linux/dma-buf.h>

void drop(struct dma_buf *buffer);
void drop(struct dma_buf *buffer)
{
	dma_buf_put(buffer);
}

MODULE_DESCRIPTION("diagnose: a symbol in a namespace that is not imported");
MODULE_LICENSE("GPL");
