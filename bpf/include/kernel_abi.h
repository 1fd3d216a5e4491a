#ifndef OT_KERNEL_ABI_H
#define OT_KERNEL_ABI_H
#endif
