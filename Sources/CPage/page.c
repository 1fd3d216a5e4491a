/* SPDX-License-Identifier: Apache-2.0 */
#include "cpage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char html[] = {
#embed "page.html"
};

static const unsigned char css[] = {
#embed "page.css"
};

/* One module, cut into files: the last one begins to ask. */
static const unsigned char js[] = {
#embed "figures.js"
	,
#embed "table.js"
	,
#embed "tree.js"
	,
#embed "alerts.js"
	,
#embed "page.js"
};

const struct ot_page_file ot_page_html = { html, sizeof html };
const struct ot_page_file ot_page_css = { css, sizeof css };
const struct ot_page_file ot_page_js = { js, sizeof js };
