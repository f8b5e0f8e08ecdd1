// Memory, text, addresses and errors.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appflow_connector.h"

void *af_alloc(size_t count, size_t size) {
    // An empty list needs a place too: the contract has no NULL.
    void *memory = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (memory == NULL) {
        af_log(AF_LOG_LEVEL_ERROR, "no memory left");
        abort();
    }
    return memory;
}

af_string_t af_string(const char *text) { return (af_string_t){(uint8_t *)text, strlen(text)}; }

char *af_chars(af_string_t text) {
    char *copy = af_alloc(text.len + 1, 1);
    if (text.len > 0) memcpy(copy, text.ptr, text.len);
    return copy;
}

bool af_equal(af_string_t one, af_string_t other) {
    return one.len == other.len && (one.len == 0 || memcmp(one.ptr, other.ptr, one.len) == 0);
}

bool af_is(af_string_t text, const char *other) { return af_equal(text, af_string(other)); }

af_option_string_t af_some(af_string_t text) { return (af_option_string_t){true, text}; }

bool af_among(const af_list_string_t *list, const char *text) {
    for (size_t index = 0; index < list->len; index++)
        if (af_is(list->ptr[index], text)) return true;
    return false;
}

bool af_setting(const af_pairs_t *settings, const char *key, af_string_t *value) {
    for (size_t index = settings->len; index > 0; index--) {
        if (af_is(settings->ptr[index - 1].f0, key)) {
            *value = settings->ptr[index - 1].f1;
            return true;
        }
    }
    return false;
}

// ---- UTF-8 ----------------------------------------------------------------------------------------------------------

/// Length of the character that begins here; 0 if it is none. Overlong forms, surrogates and what lies beyond U+10FFFF are
/// none, as in the Unicode Standard, table 3-7.
static size_t character(const uint8_t *at, size_t left) {
    uint8_t lowest = 0x80, highest = 0xbf;
    size_t length;
    if (at[0] < 0x80) return 1;
    if (at[0] >= 0xc2 && at[0] <= 0xdf) length = 2;
    else if (at[0] >= 0xe0 && at[0] <= 0xef) length = 3;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4) length = 4;
    else return 0;
    if (at[0] == 0xe0) lowest = 0xa0;
    if (at[0] == 0xed) highest = 0x9f;
    if (at[0] == 0xf0) lowest = 0x90;
    if (at[0] == 0xf4) highest = 0x8f;
    if (left < length || at[1] < lowest || at[1] > highest) return 0;
    for (size_t index = 2; index < length; index++)
        if (at[index] < 0x80 || at[index] > 0xbf) return 0;
    return length;
}

af_string_t af_utf8(af_string_t text) {
    size_t good = 0, wrong = 0;
    while (good + wrong < text.len) {
        size_t length = character(text.ptr + good + wrong, text.len - good - wrong);
        if (length == 0) wrong++;
        else good += length;
    }
    if (wrong == 0) return text;
    uint8_t *copy = af_alloc(good + 3 * wrong, 1);
    size_t used = 0;
    for (size_t at = 0; at < text.len;) {
        size_t length = character(text.ptr + at, text.len - at);
        memcpy(copy + used, length == 0 ? (const uint8_t *)"\xef\xbf\xbd" : text.ptr + at, length == 0 ? 3 : length);
        used += length == 0 ? 3 : length;
        at += length == 0 ? 1 : length;
    }
    return (af_string_t){copy, used};
}

static af_string_t format(const char *pattern, va_list values) {
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, pattern, values);
    if (length < 0) length = 0;
    char *text = af_alloc((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, pattern, again);
    va_end(again);
    return af_utf8((af_string_t){(uint8_t *)text, (size_t)length});
}

/// The text of a function's `pattern` and the values after it.
#define FORMATTED(text)                                                                                                \
    va_list values;                                                                                                    \
    va_start(values, pattern);                                                                                         \
    af_string_t text = format(pattern, values);                                                                        \
    va_end(values)

af_string_t af_format(const char *pattern, ...) {
    FORMATTED(text);
    return text;
}

// ---- Errors ---------------------------------------------------------------------------------------------------------

static af_error_t *failure(af_error_code_t code, af_string_t message) {
    af_error_t *error = AF_NEW(af_error_t, 1);
    error->tag = AF_ERROR_FAILED;
    error->val.failed.code = code;
    error->val.failed.message = message;
    return error;
}

af_error_t *af_checked(bool succeeded, const af_error_t *error) {
    if (succeeded) return NULL;
    af_error_t *kept = AF_NEW(af_error_t, 1);
    *kept = *error;
    return kept;
}

af_error_t *af_failed(af_error_code_t code, const char *pattern, ...) {
    FORMATTED(message);
    return failure(code, message);
}

af_error_t *af_invalid(const char *pattern, ...) {
    FORMATTED(message);
    return failure(AF_ERROR_CODE_INVALID_ARGUMENT, message);
}

af_error_t *af_unsupported(const char *pattern, ...) {
    FORMATTED(message);
    af_error_t *error = AF_NEW(af_error_t, 1);
    error->tag = AF_ERROR_UNSUPPORTED;
    error->val.unsupported = message;
    return error;
}

void af_log(af_log_level_t level, const char *pattern, ...) {
    FORMATTED(message);
    af_log_pairs_t none = {0};
    af_log_write(level, &message, &none);
}

// ---- Addresses ------------------------------------------------------------------------------------------------------

/// Appends a value, all but letters, digits and `-._~` percent-encoded (RFC 3986, section 2.3).
static void encode(af_string_t *to, af_string_t value) {
    static const char DIGITS[] = "0123456789ABCDEF";
    for (size_t index = 0; index < value.len; index++) {
        uint8_t byte = value.ptr[index];
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                     byte == '-' || byte == '.' || byte == '_' || byte == '~';
        if (plain) {
            to->ptr[to->len++] = byte;
        } else {
            to->ptr[to->len++] = '%';
            to->ptr[to->len++] = (uint8_t)DIGITS[byte >> 4];
            to->ptr[to->len++] = (uint8_t)DIGITS[byte & 15];
        }
    }
}

af_string_t af_join(af_string_t url, af_string_t segment) {
    // A segment of one or two dots climbs out of its place, encoded or not; with a space it is a name that no application
    // has.
    if (af_is(segment, ".")) segment = AF(". ");
    if (af_is(segment, "..")) segment = AF(".. ");
    af_string_t joined = {af_alloc(url.len + 1 + 3 * segment.len, 1), 0};
    while (url.len > 0 && url.ptr[url.len - 1] == '/') url.len--;
    if (url.len > 0) memcpy(joined.ptr, url.ptr, url.len);
    joined.len = url.len;
    joined.ptr[joined.len++] = '/';
    encode(&joined, segment);
    return joined;
}

af_string_t af_with_query(af_string_t url, const char *name, af_string_t value) {
    af_string_t key = af_string(name);
    af_string_t extended = {af_alloc(url.len + 2 + 3 * (key.len + value.len), 1), url.len};
    if (url.len > 0) memcpy(extended.ptr, url.ptr, url.len);
    bool has_query = url.len > 0 && memchr(url.ptr, '?', url.len) != NULL;
    extended.ptr[extended.len++] = has_query ? '&' : '?';
    encode(&extended, key);
    extended.ptr[extended.len++] = '=';
    encode(&extended, value);
    return extended;
}
