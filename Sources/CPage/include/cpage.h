/* SPDX-License-Identifier: Apache-2.0 */
/* The live page of the local endpoint, embedded: nothing is looked for on a disk. */
#ifndef OT_CPAGE_H
#define OT_CPAGE_H

#include <stddef.h>

struct ot_page_file {
	const unsigned char *bytes;
	size_t length;
};

extern const struct ot_page_file ot_page_html;
extern const struct ot_page_file ot_page_css;
extern const struct ot_page_file ot_page_js;

#endif
