/**
 * Headers of kernels as a search brings them. The declarations are those of Linux as it was released (Debian's 5.10 has
 * some later ones, too); the files hold nothing else.
 */
import { withoutComments } from '../../src/diagnosis/c-text.js';
import type { KernelHeaders } from '../../src/diagnosis/kernel-headers.js';

interface Given {
  files?: Record<string, string>;
  symbols?: KernelHeaders['symbols'];
  variables?: string[];
  paths?: string[];
}

/** A kernel of a target that does not exist. */
export function kernel(release: string, { files = {}, symbols = new Map(), variables = [], paths = [] }: Given): KernelHeaders {
  return {
    target: `target-${release}`,
    release,
    kernel: /^\d+\.\d+/.exec(release)?.[0] ?? '',
    paths: new Set([...Object.keys(files), ...paths]),
    files: new Map(Object.entries(files).map(([path, text]) => [path, withoutComments(text)])),
    symbols,
    hasSymbols: true,
    variables: new Set(variables),
  };
}

const timer = 'include/linux/timer.h';
const pci = 'include/linux/pci-dma-compat.h';
const mapping = 'include/linux/dma-mapping.h';
const device = 'include/linux/device.h';
const platform = 'include/linux/platform_device.h';
const sched = 'include/linux/sched.h';
const unmap = '#define dma_unmap_single(d, a, s, r) dma_unmap_single_attrs(d, a, s, r, 0)\n';

/** 5.10, 6.1, 6.12 and 7.3, with what changed between them. */
export const kernels: KernelHeaders[] = [
  kernel('5.10.0', {
    files: {
      [timer]:
        'extern int mod_timer(struct timer_list *timer, unsigned long expires);\n\n  extern int del_timer_sync(struct timer_list *timer);\n\nextern int del_timer_sync(struct timer_list *timer);\n\nextern void init_timers(void);\n',
      [pci]:
        '#include <linux/dma-mapping.h>\n\nstatic inline void\npci_unmap_single(struct pci_dev *hwdev, dma_addr_t dma_addr,\n\t\t size_t size, int direction)\n{\n\tdma_unmap_single(&hwdev->dev, dma_addr, size, (enum dma_data_direction)direction);\n}\n',
      [mapping]: unmap,
      [device]:
        '/* class_create(old) */\n#define class_create(owner, name)\t\t\\\n({\t\t\t\t\t\t\\\n\t__class_create(owner, name, &__key);\t\\\n})\n',
      [platform]:
        'struct platform_driver {\n\tint (*probe)(struct platform_device *);\n\tint (*remove)(struct platform_device *);\n\tstruct device_driver driver;\n};\n',
      [sched]:
        'struct task_struct {\n#ifdef CONFIG_THREAD_INFO_IN_TASK\n\tstruct thread_info\t\tthread_info;\n#endif\n\t/* -1 unrunnable */\n\tvolatile long\t\t\tstate;\n\n\tvoid\t\t\t\t*stack;\n};\n',
    },
    variables: ['EXTRA_CFLAGS'],
    symbols: new Map([
      ['recalibrate_cpu_khz', { gpl: false, namespace: '' }],
      ['pcie_aspm_support_enabled', { gpl: false, namespace: '' }],
      ['dma_buf_put', { gpl: true, namespace: '' }],
    ]),
  }),
  kernel('6.12.118', {
    files: {
      [timer]:
        'extern int mod_timer(struct timer_list *timer, unsigned long expires);\nextern int timer_delete_sync(struct timer_list *timer);\n\nstatic inline int del_timer_sync(struct timer_list *timer)\n{\n\treturn timer_delete_sync(timer);\n}\n\nextern void init_timers(void);\n',
      [mapping]: unmap,
      [device]: 'struct class * __must_check class_create(const char *name);\n',
      [platform]:
        'struct platform_driver {\n\tint (*probe)(struct platform_device *);\n\tvoid (*remove)(struct platform_device *pdev);\n\tstruct device_driver driver;\n};\n',
      [sched]: 'struct task_struct {\n\tstruct thread_info\t\tthread_info;\n\tunsigned int\t\t\t__state;\n\tvoid\t\t\t\t*stack;\n};\n',
    },
    paths: ['include/linux/unaligned.h'],
    variables: ['EXTRA_CFLAGS'],
    symbols: new Map([
      ['recalibrate_cpu_khz', { gpl: true, namespace: '' }],
      ['dma_buf_put', { gpl: true, namespace: 'DMA_BUF' }],
    ]),
  }),
  kernel('7.3.4', {
    files: {
      [timer]:
        'extern int mod_timer(struct timer_list *timer, unsigned long expires);\nextern int timer_delete_sync(struct timer_list *timer);\nextern void init_timers(void);\n',
      [mapping]: unmap,
      [device]: 'struct class * __must_check class_create(const char *name);\n',
      [platform]: 'struct platform_driver {\n\tint (*probe)(struct platform_device *);\n\tvoid (*remove)(struct platform_device *);\n};\n',
      [sched]: 'struct task_struct {\n\tstruct thread_info\t\tthread_info;\n\tunsigned int\t\t\t__state;\n\tvoid\t\t\t\t*stack;\n};\n',
    },
    paths: ['include/linux/unaligned.h'],
  }),
];
