/* Linux 5.18 dropped the PCI wrappers of the DMA API. */
#include <linux/module.h>
#include <linux/pci.h>

void unmap_buffer(struct pci_dev *pci_dev, dma_addr_t address);
void unmap_buffer(struct pci_dev *pci_dev, dma_addr_t address)
{
	pci_unmap_single(pci_dev, address, 4096, DMA_BIDIRECTIONAL);
}

MODULE_DESCRIPTION("diagnose: a function that was removed");
MODULE_LICENSE("GPL");
