// SPDX-License-Identifier: Apache-2.0
// SwiftPM takes a folder without a C file for something else.
#include "CSQLite.h"
