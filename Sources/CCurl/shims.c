#include "CCurl.h"

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value)
{
	return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value)
{
	return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value)
{
	return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value)
{
	return curl_easy_setopt(handle, option, value);
}

CURLcode ccurl_set_write(CURL *handle, curl_write_callback callback, void *context)
{
	CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);

	return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : code;
}

CURLcode ccurl_set_header(CURL *handle, curl_write_callback callback, void *context)
{
	CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);

	return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_HEADERDATA, context) : code;
}

CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value)
{
	return curl_easy_getinfo(handle, info, value);
}

CURLcode ccurl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value)
{
	return curl_easy_getinfo(handle, info, value);
}

CURLcode ccurl_get_string(CURL *handle, CURLINFO info, const char **value)
{
	return curl_easy_getinfo(handle, info, value);
}

/* 15 is zlib's largest window; 16 more asks for the gzip framing. */
int ccurl_gzip_start(z_stream *stream)
{
	return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
			    Z_DEFAULT_STRATEGY);
}

int ccurl_gunzip_start(z_stream *stream)
{
	return inflateInit2(stream, 15 + 16);
}
