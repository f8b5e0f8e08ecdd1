// Records as JSON, and the tokens between pages.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appflow_connector.h"

#ifdef AF_SOURCE
af_record_t af_record(const af_query_request_t *request) {
    af_record_t record = {0};
    record.wanted = &request->fields;
    return record;
}

static void append(af_record_t *record, const void *bytes, size_t count) {
    if (count == 0) return;
    if (record->capacity - record->len < count) {
        size_t capacity = 2 * record->capacity + count + 64;
        uint8_t *larger = af_alloc(capacity, 1);
        if (record->len > 0) memcpy(larger, record->ptr, record->len);
        // Records are many and die young; everything else is small enough to be left.
        free(record->ptr);
        record->ptr = larger;
        record->capacity = capacity;
    }
    memcpy(record->ptr + record->len, bytes, count);
    record->len += count;
}

/// Appends a JSON string (RFC 8259, section 7).
static void append_quoted(af_record_t *record, af_string_t text) {
    text = af_utf8(text);
    append(record, "\"", 1);
    size_t plain = 0;
    for (size_t index = 0; index < text.len; index++) {
        uint8_t byte = text.ptr[index];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        append(record, text.ptr + plain, index - plain);
        char escaped[7];
        int length = byte < 0x20 ? snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)byte)
                                 : snprintf(escaped, sizeof escaped, "\\%c", byte);
        append(record, escaped, (size_t)length);
        plain = index + 1;
    }
    append(record, text.ptr + plain, text.len - plain);
    append(record, "\"", 1);
}

/// Begins a field; false if nobody asked for it.
static bool field(af_record_t *record, const char *name) {
    if (record->wanted != NULL && record->wanted->len > 0 && !af_among(record->wanted, name)) return false;
    append(record, record->len == 0 ? "{" : ",", 1);
    append_quoted(record, af_string(name));
    append(record, ":", 1);
    return true;
}

void af_record_text(af_record_t *record, const char *name, af_string_t value) {
    if (field(record, name)) append_quoted(record, value);
}

void af_record_integer(af_record_t *record, const char *name, int64_t value) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
    if (field(record, name)) append(record, digits, (size_t)length);
}

void af_record_boolean(af_record_t *record, const char *name, bool value) {
    if (field(record, name)) append(record, value ? "true" : "false", value ? 4 : 5);
}

void af_record_null(af_record_t *record, const char *name) {
    if (field(record, name)) append(record, "null", 4);
}

void af_record_json(af_record_t *record, const char *name, af_string_t json) {
    if (field(record, name)) append(record, json.ptr, json.len);
}

af_error_t *af_emit(af_record_t *record, bool *taken) {
    append(record, record->len == 0 ? "{}" : "}", record->len == 0 ? 2 : 1);
    af_string_t json = {record->ptr, record->len};
    af_error_t error = {0};
    bool succeeded = af_page_emit(&json, taken, &error);
    free(record->ptr);
    *record = (af_record_t){.wanted = record->wanted};
    return af_checked(succeeded, &error);
}

bool af_has_condition(const af_query_request_t *request) {
    return request->filter.is_some && request->filter.val.nodes.len > 0;
}

// ---- Tokens ---------------------------------------------------------------------------------------------------------
//
// The form is that of the other SDKs, `CHECKSUM LENGTH:TEXT LENGTH:TEXT ...` without the spaces, so that a connector in C
// can take the place of one in another language between two pages. The host seals tokens; the checksum only tells one of
// another form from one's own.

enum { CHECK_DIGITS = 8 };

/// FNV-1a.
static uint32_t checksum(const uint8_t *bytes, size_t count) {
    uint32_t hash = 0x811c9dc5u;
    for (size_t index = 0; index < count; index++) hash = (hash ^ bytes[index]) * 0x01000193u;
    return hash;
}

af_error_t *af_token_encode(const af_string_t *parts, size_t count, af_string_t *token) {
    enum { LENGTH_DIGITS = 20 };
    size_t most = CHECK_DIGITS + 1;
    for (size_t index = 0; index < count; index++) most += LENGTH_DIGITS + 1 + parts[index].len;
    char *text = af_alloc(most, 1);
    size_t used = CHECK_DIGITS;
    for (size_t index = 0; index < count; index++) {
        used += (size_t)snprintf(text + used, most - used, "%zu:", parts[index].len);
        if (parts[index].len > 0) memcpy(text + used, parts[index].ptr, parts[index].len);
        used += parts[index].len;
    }
    if (used > AF_TOKEN_MAX)
        return af_failed(AF_ERROR_CODE_SERVER_ERROR,
                         "the application's place in the data needs a token of %zu bytes, and it may have %d", used,
                         AF_TOKEN_MAX);
    char check[CHECK_DIGITS + 1];
    snprintf(check, sizeof check, "%08lx",
             (unsigned long)checksum((uint8_t *)text + CHECK_DIGITS, used - CHECK_DIGITS));
    memcpy(text, check, CHECK_DIGITS);
    *token = (af_string_t){(uint8_t *)text, used};
    return NULL;
}

static bool decode(af_string_t token, af_string_t *parts, size_t count) {
    if (token.len < CHECK_DIGITS || token.len > AF_TOKEN_MAX) return false;
    char check[CHECK_DIGITS + 1];
    snprintf(check, sizeof check, "%08lx", (unsigned long)checksum(token.ptr + CHECK_DIGITS, token.len - CHECK_DIGITS));
    if (memcmp(check, token.ptr, CHECK_DIGITS) != 0) return false;
    size_t at = CHECK_DIGITS;
    for (size_t index = 0; index < count; index++) {
        size_t length = 0, digits = 0;
        while (at < token.len && token.ptr[at] >= '0' && token.ptr[at] <= '9' && digits < 5) {
            length = 10 * length + (size_t)(token.ptr[at++] - '0');
            digits++;
        }
        if (digits == 0 || at == token.len || token.ptr[at++] != ':' || token.len - at < length) return false;
        parts[index] = (af_string_t){token.ptr + at, length};
        at += length;
    }
    return at == token.len;
}

af_error_t *af_token_decode(af_string_t token, af_string_t *parts, size_t count) {
    if (decode(token, parts, count)) return NULL;
    return af_invalid("the next token is not one that this connector made");
}
#endif
