// What the helpers promise in appflow_connector.h, case by case.

#include <string.h>

#include "fake_host.h"

/// The exports as the host calls them.
bool exports_af_configuration_describe(appflow_string_t *locale, af_description_t *ret, af_error_t *err);
bool exports_af_source_retrieve(af_context_t *context, af_retrieve_request_t *request, af_error_t *err);

static const af_context_t CONTEXT = {0};

static void texts(void) {
    EXPECT(af_is(af_format("%d %s", -7, "x"), "-7 x"));
    EXPECT(af_is(AF(""), "") && !af_is(AF("a"), "ab") && !af_is(AF("ab"), "a"));
    EXPECT(strcmp(af_chars(AF("a\"b")), "a\"b") == 0);
    EXPECT(*(char *)af_alloc(0, 4) == 0);
    static const struct {
        const char *from, *to;
    } UTF8[] = {
        {"Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f"},
        {"\xf0\x9f\x8c\x8d", "\xf0\x9f\x8c\x8d"},
        {"a\xff" "b", "a\xef\xbf\xbd" "b"},
        {"\xc3", "\xef\xbf\xbd"},
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (size_t index = 0; index < AF_COUNT(UTF8); index++)
        EXPECT(af_is(af_utf8(af_string(UTF8[index].from)), UTF8[index].to));
}

static void settings(void) {
    appflow_tuple2_string_string_t pairs[] = {{AF("a"), AF("1")}, {AF("b"), AF("2")}, {AF("a"), AF("3")}};
    af_pairs_t all = {pairs, AF_COUNT(pairs)};
    af_string_t value;
    EXPECT(af_setting(&all, "a", &value) && af_is(value, "3"));
    EXPECT(!af_setting(&all, "c", &value));
}

static void addresses(void) {
    EXPECT(af_is(af_join(AF("https://a.example/v1/"), AF("x/y z")), "https://a.example/v1/x%2Fy%20z"));
    EXPECT(af_is(af_join(AF("https://a.example"), AF("..")), "https://a.example/..%20"));
    EXPECT(af_is(af_join(AF("https://a.example"), AF("\xc3\xbc?#")), "https://a.example/%C3%BC%3F%23"));
    af_string_t url = af_with_query(AF("https://a.example/x"), "q", AF("a&b=c"));
    EXPECT(af_is(url, "https://a.example/x?q=a%26b%3Dc"));
    EXPECT(af_is(af_with_query(url, "n", AF("")), "https://a.example/x?q=a%26b%3Dc&n="));
}

static void errors(void) {
    af_error_t *error = af_failed(AF_ERROR_CODE_ACCESS_DENIED, "no %s", "way");
    EXPECT(error->tag == AF_ERROR_FAILED && error->val.failed.code == AF_ERROR_CODE_ACCESS_DENIED);
    EXPECT(strcmp(fake_message(error), "no way") == 0);
    EXPECT(af_unsupported("writing")->tag == AF_ERROR_UNSUPPORTED);
    EXPECT(af_checked(true, error) == NULL && strcmp(fake_message(af_checked(false, error)), "no way") == 0);
}

static void exports(void) {
    af_description_t description;
    af_error_t error = {0};
    memset(&description, 0xa5, sizeof description);
    EXPECT(exports_af_configuration_describe(&AF("en"), &description, &error));
    EXPECT(af_is(description.owner, "Tests") && description.settings.len == 0 && !description.operators.is_some);
    EXPECT(description.api_versions.len == 1 && af_is(description.api_versions.ptr[0], "v1.0"));
    EXPECT(!exports_af_configuration_describe(&AF("xx"), &description, &error));
    EXPECT(strcmp(fake_message(&error), "no labels in 'xx'") == 0);
    EXPECT(!exports_af_configuration_describe(&AF("odd"), &description, &error));
    EXPECT(error.val.failed.code == AF_ERROR_CODE_UNKNOWN_ERROR && strcmp(fake_message(&error), "a\xef\xbf\xbd") == 0);
    EXPECT(!exports_af_configuration_describe(&AF("odder"), &description, &error));
    EXPECT(error.tag == AF_ERROR_FAILED && error.val.failed.code == AF_ERROR_CODE_UNKNOWN_ERROR);
    af_retrieve_request_t request = {0};
    EXPECT(!exports_af_source_retrieve(&(af_context_t){0}, &request, &error));
    EXPECT(strcmp(fake_message(&error), "retrieving records by identifier") == 0);
}

static void entities(void) {
    af_field_t fields[] = {af_key("id", AF_DATA_TYPE_LONG), af_field("at", AF_DATA_TYPE_DATE_TIME)};
    EXPECT(fields[0].primary_key && fields[0].read == (AF_READ_PROPERTIES_RETRIEVABLE | AF_READ_PROPERTIES_QUERYABLE));
    EXPECT(fields[1].read & AF_READ_PROPERTIES_NULLABLE && !fields[1].filter_operators.is_some);
    af_without_filters(fields, AF_COUNT(fields));
    EXPECT(!(fields[1].read & AF_READ_PROPERTIES_QUERYABLE) && fields[1].filter_operators.is_some);
}

static fake_answer_t refusing(const af_request_t *request) {
    bool bearer = request->credential.is_some && request->credential.val.tag == AF_HTTP_CREDENTIAL_BEARER;
    return (fake_answer_t){bearer ? 401 : 500, "{}"};
}

static void requests(void) {
    fake_begin(1);
    fake.application = refusing;
    appflow_tuple2_string_string_t pair = {AF("url"), AF("https://a.example/me")};
    af_error_t *error = connector_validate_credentials(&(af_pairs_t){&pair, 1});
    EXPECT(error->tag == AF_ERROR_HTTP && error->val.http.status == 401);
    EXPECT(strcmp(fake.url, "https://a.example/me") == 0);
    error = connector_validate_credentials(&(af_pairs_t){0});
    EXPECT(strcmp(fake_message(error), "the setting 'url' is missing") == 0);

    af_request_t request = af_request("POST", AF("https://a.example"));
    af_json_body(&request, AF("{}"));
    af_header(&request, "x-a", AF("b"));
    EXPECT(request.headers.len == 2 && af_is(request.headers.ptr[0].f1, "application/json"));
    EXPECT(af_is(request.headers.ptr[1].f0, "x-a") && af_is(request.body.val.val.text, "{}"));
    af_secret_header(&request, "authorization", "apiKey", "Token ");
    EXPECT(af_is(request.credential.val.val.header.prefix, "Token "));
    af_log(AF_LOG_LEVEL_INFO, "%d requests", 3);
    EXPECT(strcmp(fake.log, "3 requests") == 0);
}

static void records(void) {
    fake_begin(2);
    af_string_t wanted[] = {AF("text"), AF("odd\"name"), AF("none"), AF("deep"), AF("yes")};
    af_query_request_t request = {.fields = {wanted, AF_COUNT(wanted)}};
    af_record_t record = af_record(&request);
    af_record_integer(&record, "id", INT64_MIN);
    af_record_text(&record, "text", AF("a\"\\\n\x01\xff"));
    af_record_text(&record, "odd\"name", AF(""));
    af_record_null(&record, "none");
    af_record_boolean(&record, "yes", true);
    af_record_json(&record, "deep", AF("[1,{}]"));
    bool taken = false;
    EXPECT(af_emit(&record, &taken) == NULL && taken);
    EXPECT(strcmp(fake.records[0], "{\"text\":\"a\\\"\\\\\\u000a\\u0001\xef\xbf\xbd\",\"odd\\\"name\":\"\",\"none\":null,"
                                   "\"yes\":true,\"deep\":[1,{}]}") == 0);
    EXPECT(af_emit(&record, &taken) == NULL && taken && strcmp(fake.records[1], "{}") == 0);
    request.fields.len = 0;
    af_record_integer(&record, "id", INT64_MIN);
    EXPECT(af_emit(&record, &taken) == NULL && !taken);
}

static void tokens(void) {
    // Made by the SDK for Rust: `token::encode(&["offset", "12345"])`.
    const af_string_t parts[] = {AF("offset"), AF("12345")};
    af_string_t token, back[2];
    EXPECT(af_token_encode(parts, 2, &token) == NULL);
    EXPECT(af_is(token, "cb89e9846:offset5:12345"));
    EXPECT(af_token_decode(token, back, 2) == NULL && af_is(back[0], "offset") && af_is(back[1], "12345"));
    EXPECT(af_token_decode(token, back, 1) != NULL);
    af_string_t three[3];
    EXPECT(af_token_decode(token, three, 3) != NULL);
    for (size_t length = 0; length < token.len; length++)
        EXPECT(af_token_decode((af_string_t){token.ptr, length}, back, 2) != NULL);
    for (size_t place = 0; place < token.len; place++) {
        af_string_t changed = {(uint8_t *)af_chars(token), token.len};
        changed.ptr[place] ^= 1;
        af_error_t *error = af_token_decode(changed, back, 2);
        EXPECT(error != NULL && error->val.failed.code == AF_ERROR_CODE_INVALID_ARGUMENT);
    }
    af_string_t large = {af_alloc(AF_TOKEN_MAX, 1), AF_TOKEN_MAX};
    memset(large.ptr, 'x', large.len);
    af_error_t *error = af_token_encode(&large, 1, &token);
    EXPECT(error != NULL && error->val.failed.code == AF_ERROR_CODE_SERVER_ERROR);
    large.len = AF_TOKEN_MAX - 8 - 5;
    EXPECT(af_token_encode(&large, 1, &token) == NULL && token.len == AF_TOKEN_MAX);
}

static void spans(void) {
    af_query_request_t request = {.entity = AF("x")};
    af_span_t span;
    af_option_string_t next = {0};
    EXPECT(af_resume(&request, 5, &span) == NULL && span.first == 0 && span.end == 5);
    EXPECT(af_go_on(&span, 0, &next)->val.failed.code == AF_ERROR_CODE_REQUEST_TIMEOUT);
    EXPECT(af_go_on(&span, 3, &next) == NULL && next.is_some);
    request.token = next;
    EXPECT(af_resume(&request, 5, &span) == NULL && span.first == 3);
    EXPECT(af_resume(&request, 2, &span) == NULL && span.first == 2 && span.end == 2);
    request.filter.is_some = request.filter.val.limit.is_some = true;
    request.filter.val.limit.val = 4;
    EXPECT(af_resume(&request, 5, &span) == NULL && span.first == 3 && span.end == 4);
    request.entity = AF("y");
    EXPECT(af_resume(&request, 5, &span) != NULL);
    request.token.is_some = false;
    request.filter.val.nodes.len = 1;
    EXPECT(strcmp(fake_message(af_resume(&request, 5, &span)), "filtering 'y'") == 0);
}

/// Seven items on pages of three; a page with the number 9 leads to itself.
static fake_answer_t paged(const af_request_t *request) {
    static const char *const PAGES[] = {
        "{\"next\":\"1\",\"items\":[{\"id\":1,\"home\":{\"city\":\"A\"}},{\"id\":2},{\"id\":3,\"home\":null}]}",
        "{\"items\":[{\"id\":4},{\"id\":5},{\"id\":6}],\"next\":\"2\"}",
        "{\"items\":[{\"id\":7}],\"next\":null}",
    };
    const char *at = strstr(af_chars(request->url), "at=");
    if (at != NULL && at[3] == '9') return (fake_answer_t){200, "{\"items\":[],\"next\":\"9\"}"};
    return (fake_answer_t){200, PAGES[at == NULL ? 0 : at[3] - '0']};
}

/// Identifiers of all records, page by page of AppFlow's; "|" ends a page.
static const char *followed(const char *entity, uint32_t limit, uint32_t total) {
    static char all[200];
    size_t used = 0;
    af_query_request_t request = {.entity = af_string(entity), .limit = limit};
    request.filter.is_some = request.filter.val.limit.is_some = total > 0;
    request.filter.val.limit.val = total;
    fake.application = paged;
    do {
        af_option_string_t next = {0};
        fake_begin(limit);
        af_error_t *error = connector_query(&CONTEXT, &request, &next);
        if (error != NULL) return fake_message(error);
        EXPECT(fake.open == 0 || !next.is_some);
        for (size_t index = 0; index < fake.count; index++)
            used += (size_t)snprintf(all + used, sizeof all - used, "%c", fake.records[index][6]);
        used += (size_t)snprintf(all + used, sizeof all - used, "|");
        request.token = next;
        EXPECT(used < 100);
    } while (request.token.is_some);
    return all;
}

static void cursors(void) {
    EXPECT(strcmp(followed("x", 100, 0), "1234567|") == 0);
    EXPECT(strcmp(fake.records[0], "{\"id\":1,\"city\":\"A\"}") == 0 && strcmp(fake.records[1], "{\"id\":2}") == 0);
    EXPECT(strcmp(followed("x", 1, 0), "1|2|3|4|5|6|7|") == 0);
    EXPECT(strcmp(followed("x", 2, 0), "12|34|56|7|") == 0);
    EXPECT(strcmp(followed("x", 3, 0), "123|456|7|") == 0);
    EXPECT(strcmp(followed("raw", 4, 0), "1234|567|") == 0);
    EXPECT(strcmp(fake.records[2], "{\"id\":7}") == 0);
    for (const char *entity = "x"; entity != NULL; entity = *entity == 'x' ? "raw" : NULL) {
        EXPECT(strcmp(followed(entity, 100, 3), "123|") == 0);
        EXPECT(strcmp(followed(entity, 100, 5), "12345|") == 0);
        EXPECT(strcmp(followed(entity, 2, 5), "12|34|5|") == 0);
        EXPECT(strcmp(followed(entity, 100, 7), "1234567|") == 0);
    }

    // The fields wanted, and no others.
    af_string_t wanted = AF("city");
    af_query_request_t request = {.entity = AF("x"), .limit = 100, .fields = {&wanted, 1}};
    af_option_string_t next = {0};
    fake_begin(100);
    EXPECT(connector_query(&CONTEXT, &request, &next) == NULL && strcmp(fake.records[0], "{\"city\":\"A\"}") == 0);

    // A token that leads to a page that leads to itself, one of another entity, and no token at all.
    af_string_t parts[] = {AF("cursor"), AF("x"), AF("9"), AF("0"), AF(""), AF(""), AF("0")};
    request.token.is_some = true;
    EXPECT(af_token_encode(parts, AF_COUNT(parts), &request.token.val) == NULL);
    EXPECT(strstr(fake_message(connector_query(&CONTEXT, &request, &next)), "never end") != NULL);
    request.entity = AF("y");
    EXPECT(connector_query(&CONTEXT, &request, &next)->val.failed.code == AF_ERROR_CODE_INVALID_ARGUMENT);
    request.token.val = AF("rubbish");
    EXPECT(connector_query(&CONTEXT, &request, &next)->val.failed.code == AF_ERROR_CODE_INVALID_ARGUMENT);

    // A page cut by bytes is asked for smaller next time.
    request = (af_query_request_t){.entity = AF("raw"), .limit = 100};
    fake_begin(100);
    fake.bytes = 50;
    EXPECT(connector_query(&CONTEXT, &request, &next) == NULL && next.is_some && fake.count == 2);
    request.token = next;
    fake_begin(100);
    fake.bytes = 6 << 20;
    EXPECT(connector_query(&CONTEXT, &request, &next) == NULL);
    EXPECT(strcmp(fake.records[0], "{\"id\":3,\"home\":null}") == 0);

    fake.application = NULL;
    request.token.is_some = false;
    EXPECT(connector_query(&CONTEXT, &request, &next)->tag == AF_ERROR_HTTP);
}

static void writing(void) {
    af_string_t given[] = {AF("{}"), AF("{}")};
    af_write_request_t request = {.records = {given, 2}};
    af_write_results_t results = {0};
    EXPECT(connector_write(&CONTEXT, &request, &results) == NULL && results.len == 2);
    EXPECT(!results.ptr[0].error.is_some && af_is(results.ptr[1].error.val, "no"));
}

int main(void) {
    texts();
    settings();
    addresses();
    errors();
    exports();
    entities();
    requests();
    records();
    tokens();
    spans();
    cursors();
    writing();
    printf("all helpers do what they promise\n");
    return 0;
}
