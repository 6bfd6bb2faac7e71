/** What the modules in modules/ break on, as a log alone says it. */
import type { BuildError } from '../../src/diagnosis/build-error.js';

export const breaks: Record<string, Partial<BuildError>> = {
  argument_count: { kind: 'argument-count', name: 'class_create' },
  gpl_symbol: { kind: 'gpl-symbol', name: 'recalibrate_cpu_khz' },
  kbuild_variable: { kind: 'removed-variable', name: 'EXTRA_CFLAGS', owner: 'demo_ioctl.h' },
  missing_prototype: { kind: 'missing-prototype', name: 'is_wide' },
  missing_symbol: { kind: 'missing-symbol', name: 'pcie_aspm_support_enabled' },
  more_arguments: { kind: 'argument-count', name: 'setattr_prepare' },
  moved_header: { kind: 'removed-header', name: 'asm/unaligned.h' },
  removed_function: { kind: 'removed-function', name: 'pci_unmap_single', suggestion: 'dma_unmap_single' },
  removed_header: { kind: 'removed-header', name: 'linux/pci-dma-compat.h' },
  removed_initializer: { kind: 'removed-member', name: 'owner', owner: 'struct class' },
  removed_member: { kind: 'removed-member', name: 'state', owner: 'struct task_struct' },
  renamed_function: { kind: 'removed-function', name: 'del_timer_sync' },
  return_type: {
    kind: 'callback-type',
    name: 'remove',
    expected: 'void (*)(struct platform_device *)',
    actual: 'int (*)(struct platform_device *)',
  },
  symbol_namespace: { kind: 'symbol-namespace', name: 'dma_buf_put', owner: 'DMA_BUF' },
  unknown_error: { kind: 'unknown', message: "error: expected ';' before '}' token" },
};
