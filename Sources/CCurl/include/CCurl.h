#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <zlib.h>

/*
 * curl_easy_setopt and curl_easy_getinfo are variadic, and Swift imports no variadic function. Each of these passes one
 * type that the option is documented to take; the caller picks the one that fits the option.
 */
CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
/* Null takes the option back. libcurl copies the string, except for CURLOPT_POSTFIELDS. */
CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value);
/* Lists, buffers and contexts: libcurl keeps the pointer, so what it points to must outlive the transfer. */
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode ccurl_set_write(CURL *handle, curl_write_callback callback, void *context);
/* Called with each line of the answer's head, those of 1xx answers included; the type is that of curl_write_callback. */
CURLcode ccurl_set_header(CURL *handle, curl_write_callback callback, void *context);
CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode ccurl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value);
/* The string is libcurl's own, and may be null; it is gone with the next transfer. */
CURLcode ccurl_get_string(CURL *handle, CURLINFO info, const char **value);

/* deflateInit2 and inflateInit2 are macros that add the version and the size of z_stream. */
int ccurl_gzip_start(z_stream *stream);
int ccurl_gunzip_start(z_stream *stream);

#endif
