// The imports of the contract, in memory. It keeps to what wit/ says of them as far as connectors can notice.

#include "fake_host.h"

#include <ctype.h>
#include <string.h>

fake_host_t fake = {.limit = 1000, .bytes = 6 << 20};

/// Connectors free nothing, so neither do tests.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

void fake_begin(uint32_t limit) {
    fake.limit = limit;
    fake.count = fake.used = fake.requests = fake.open = 0;
}

const char *fake_message(const af_error_t *error) {
    if (error == NULL) return "";
    switch (error->tag) {
    case AF_ERROR_FAILED: return af_chars(error->val.failed.message);
    case AF_ERROR_HTTP: return af_chars(error->val.http.message);
    default: return af_chars(error->val.unsupported);
    }
}

static bool fails(af_error_code_t code, const char *message, af_error_t *err) {
    *err = *af_failed(code, "%s", message);
    return false;
}

// ---- JSON, as far as pointers need it -------------------------------------------------------------------------------

static const char *blanks(const char *at) {
    while (isspace((unsigned char)*at)) at++;
    return at;
}

/// Behind a string.
static const char *past_string(const char *at) {
    for (at++; *at != '"'; at++) {
        if (*at == '\\') at++;
        EXPECT(*at != 0);
    }
    return at + 1;
}

/// Behind a value.
static const char *past(const char *at) {
    at = blanks(at);
    if (*at == '"') return past_string(at);
    if (*at != '{' && *at != '[') return at + strcspn(at, ",]} \n\t\r");
    for (size_t depth = 0;;) {
        if (*at == '"') {
            at = past_string(at);
            continue;
        }
        EXPECT(*at != 0);
        if (*at == '{' || *at == '[') depth++;
        if (*at == '}' || *at == ']') depth--;
        at++;
        if (depth == 0) return at;
    }
}

/// The value of a key, or of a place in a list.
static const char *child(const char *at, const char *key, size_t length) {
    at = blanks(at);
    bool is_object = *at == '{';
    if (!is_object && *at != '[') return NULL;
    char end = is_object ? '}' : ']';
    size_t place = is_object ? 0 : (size_t)strtoull(key, NULL, 10);
    for (at = blanks(at + 1); *at != end; at = blanks(at)) {
        if (*at == ',') at = blanks(at + 1);
        const char *name = at;
        if (is_object) {
            at = blanks(past_string(at));
            EXPECT(*at == ':');
            at = blanks(at + 1);
            if (strncmp(name + 1, key, length) == 0 && name[1 + length] == '"') return at;
        } else if (place-- == 0) {
            return at;
        }
        at = past(at);
    }
    return NULL;
}

static const char *find(const char *at, const char *pointer) {
    while (at != NULL && *pointer == '/') {
        size_t length = strcspn(++pointer, "/");
        char key[256];
        size_t used = 0;
        for (size_t index = 0; index < length; index++) {
            bool escaped = pointer[index] == '~';
            if (escaped) index++;
            key[used++] = !escaped ? pointer[index] : pointer[index] == '0' ? '~' : '/';
        }
        key[used] = 0;
        at = child(at, key, used);
        pointer += length;
    }
    return at;
}

// ---- http -----------------------------------------------------------------------------------------------------------

static fake_answer_t answers[1000];
static size_t answer_count;

static const fake_answer_t *held(int32_t handle) {
    EXPECT(handle > 0 && (size_t)handle <= answer_count);
    EXPECT(answers[handle - 1].status != 0 && "an answer used after it was closed");
    return &answers[handle - 1];
}

bool af_http_send(af_http_request_t *request, af_http_own_response_t *ret, af_http_error_t *err) {
    (void)err;
    fake.requests++;
    fake.url = af_chars(request->url);
    EXPECT(answer_count < AF_COUNT(answers));
    answers[answer_count++] = fake.application == NULL ? (fake_answer_t){404, "{}"} : fake.application(request);
    fake.open++;
    ret->__handle = (int32_t)answer_count;
    return true;
}

af_http_borrow_response_t af_http_borrow_response(af_http_own_response_t handle) {
    return (af_http_borrow_response_t){handle.__handle};
}

void af_http_response_drop_own(af_http_own_response_t handle) {
    held(handle.__handle);
    answers[handle.__handle - 1].status = 0;
    fake.open--;
}

uint16_t af_http_method_response_status(af_http_borrow_response_t self) { return held(self.__handle)->status; }

bool af_http_method_response_ensure_ok(af_http_borrow_response_t self, af_http_error_t *err) {
    uint16_t status = held(self.__handle)->status;
    if (status >= 200 && status < 300) return true;
    *err = (af_http_error_t){.tag = AF_ERROR_HTTP};
    err->val.http.status = status;
    err->val.http.message = af_format("the application answered %u", (unsigned)status);
    return false;
}

static const char *body(af_http_borrow_response_t self) {
    const char *text = held(self.__handle)->body;
    return text == NULL ? "" : text;
}

bool af_http_method_response_text(af_http_borrow_response_t self, appflow_string_t *ret, af_http_error_t *err) {
    (void)err;
    *ret = af_string(body(self));
    return true;
}

bool af_http_method_response_json_at(af_http_borrow_response_t self, appflow_string_t *pointer,
                                     appflow_option_string_t *ret, af_http_error_t *err) {
    if (*body(self) == 0) return fails(AF_ERROR_CODE_SERVER_ERROR, "the answer is not JSON", err);
    const char *at = find(body(self), af_chars(*pointer));
    *ret = (appflow_option_string_t){0};
    if (at != NULL) *ret = af_some((af_string_t){(uint8_t *)at, (size_t)(past(at) - at)});
    return true;
}

bool af_http_method_response_text_at(af_http_borrow_response_t self, appflow_string_t *pointer,
                                     appflow_option_string_t *ret, af_http_error_t *err) {
    if (!af_http_method_response_json_at(self, pointer, ret, err)) return false;
    if (ret->is_some && af_is(ret->val, "null")) ret->is_some = false;
    if (ret->is_some && ret->val.ptr[0] == '"') ret->val = (af_string_t){ret->val.ptr + 1, ret->val.len - 2};
    return true;
}

// ---- page -----------------------------------------------------------------------------------------------------------

bool af_page_emit(appflow_string_t *json, bool *ret, af_page_error_t *err) {
    if (json->len < 2 || json->ptr[0] != '{')
        return fails(AF_ERROR_CODE_INVALID_ARGUMENT, "a record must be one JSON object", err);
    *ret = fake.count < fake.limit && fake.used + json->len <= fake.bytes && fake.count < AF_COUNT(fake.records);
    if (*ret) {
        fake.records[fake.count++] = af_chars(*json);
        fake.used += json->len;
    }
    return true;
}

bool af_page_emit_json(af_page_borrow_response_t response, appflow_string_t *pointer, af_page_list_field_pick_t *picks,
                       uint32_t skip, af_page_emitted_t *ret, af_page_error_t *err) {
    *ret = (af_page_emitted_t){.rest = AF("{}")};
    const char *list = find(body(response), af_chars(*pointer));
    if (list == NULL || *(list = blanks(list)) != '[')
        return fails(AF_ERROR_CODE_SERVER_ERROR, "the answer holds no array there", err);
    bool room = true;
    for (uint32_t index = 0;; index++) {
        char place[16];
        snprintf(place, sizeof place, "/%u", (unsigned)index);
        const char *at = find(list, place);
        if (at == NULL) return true;
        ret->total++;
        if (index < skip) continue;
        af_string_t json = {(uint8_t *)at, (size_t)(past(at) - at)};
        if (picks->len > 0) {
            af_string_t made = AF("{");
            for (size_t pick = 0; pick < picks->len; pick++) {
                char *path = af_chars(picks->ptr[pick].path);
                const char *value = *path == '/' ? find(at, path) : child(at, path, strlen(path));
                if (value != NULL)
                    made = af_format("%.*s%s\"%.*s\":%.*s", AF_PRINT(made), made.len == 1 ? "" : ",",
                                     AF_PRINT(picks->ptr[pick].name), (int)(past(value) - value), value);
            }
            json = af_format("%.*s}", AF_PRINT(made));
        }
        if (room && !af_page_emit(&json, &room, err)) return false;
        *(room ? &ret->taken : &ret->left) += 1;
    }
}

bool af_page_emit_batch(appflow_string_t *text, appflow_list_u32_t *ends, uint32_t *ret, af_page_error_t *err) {
    size_t begin = 0;
    *ret = 0;
    for (size_t index = 0; index < ends->len; begin = ends->ptr[index++]) {
        af_string_t json = {text->ptr + begin, ends->ptr[index] - begin};
        bool taken;
        if (!af_page_emit(&json, &taken, err)) return false;
        if (!taken) break;
        ++*ret;
    }
    return true;
}

void af_page_room(af_page_space_t *ret) {
    ret->records_left = fake.limit - (uint32_t)fake.count;
    ret->bytes_left = fake.bytes - (uint32_t)fake.used;
    ret->millis_left = 29000;
}

// ---- The rest -------------------------------------------------------------------------------------------------------

bool af_http_method_response_header(af_http_borrow_response_t self, appflow_string_t *name, appflow_string_t *ret) {
    (void)self, (void)name, (void)ret;
    return false;
}

void af_http_method_response_headers(af_http_borrow_response_t self, af_http_pairs_t *ret) {
    (void)self;
    *ret = (af_http_pairs_t){0};
}

bool af_http_method_response_data(af_http_borrow_response_t self, appflow_list_u8_t *ret, af_http_error_t *err) {
    (void)err;
    *ret = (appflow_list_u8_t){(uint8_t *)body(self), strlen(body(self))};
    return true;
}

void af_invocation_current(af_invocation_details_t *ret) {
    *ret = (af_invocation_details_t){.request_id = AF("request-1")};
}

bool af_invocation_entity(af_invocation_entity_definition_t *ret) {
    (void)ret;
    return false;
}

bool af_invocation_entity_json(appflow_string_t *ret) {
    (void)ret;
    return false;
}

uint32_t af_invocation_millis_left(void) { return 29000; }

bool af_credentials_get(af_credentials_secret_t *ret, af_credentials_error_t *err) {
    (void)err;
    *ret = (af_credentials_secret_t){.tag = AF_CREDENTIALS_SECRET_ABSENT};
    return true;
}

void af_log_write(af_log_level_t level, appflow_string_t *message, af_log_pairs_t *fields) {
    (void)level, (void)fields;
    fake.log = af_chars(*message);
}
