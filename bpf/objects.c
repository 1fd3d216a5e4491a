#include "kernel_abi.h"
