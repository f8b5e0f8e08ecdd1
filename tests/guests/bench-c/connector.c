// One request, one page: for measuring what a page costs through a connector in C, as bench-rust and its like do it.
//
// The setting `url` is the address of the page, whose records are at `/records`; the fields of the request are picked. The
// setting `parse` says who reads the JSON: the host (`emit-json`, the default) or the connector (`own`), here by jsmn.

#include <appflow_connector.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_PARENT_LINKS
#include <jsmn.h>

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    (void)locale;
    out->owner = AF("Example");
    out->name = AF("bench-c");
    out->version = AF("0.1.0");
    return NULL;
}

af_error_t *connector_validate_credentials(const af_pairs_t *settings) {
    (void)settings;
    return NULL;
}

af_error_t *connector_list_entities(const af_context_t *context, const af_list_request_t *request,
                                    af_entity_page_t *out) {
    (void)context, (void)request;
    static af_entity_t entity;
    entity = af_entity("records");
    out->entities.ptr = &entity;
    out->entities.len = 1;
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    (void)context;
    static af_field_t field;
    field = af_key("id", AF_DATA_TYPE_TEXT);
    af_without_filters(&field, 1);
    out->definition.entity.id = entity;
    out->definition.fields.ptr = &field;
    out->definition.fields.len = 1;
    return NULL;
}

static af_error_t *picked_by_the_host(const af_query_request_t *request, af_response_t answer) {
    af_page_list_field_pick_t picks = {AF_NEW(af_pick_t, request->fields.len), request->fields.len};
    af_page_emitted_t emitted;
    af_error_t error = {0};
    af_string_t records = AF("/records");
    for (size_t index = 0; index < picks.len; index++)
        picks.ptr[index] = (af_pick_t){request->fields.ptr[index], request->fields.ptr[index]};
    af_page_borrow_response_t body = af_http_borrow_response(answer);
    AF_TRY(af_checked(af_page_emit_json(body, &records, &picks, 0, &emitted, &error), &error));
    return emitted.left == 0 ? NULL : af_invalid("the page is larger than one answer may be");
}

/// The text of a value, with the quotes of a string.
static af_string_t text_of(af_string_t json, const jsmntok_t *token) {
    int quotes = token->type == JSMN_STRING ? 1 : 0;
    return (af_string_t){json.ptr + token->start - quotes, (size_t)(token->end - token->start + 2 * quotes)};
}

/// The token behind a value and all that is in it.
static int behind(const jsmntok_t *tokens, int count, int value) {
    int end = tokens[value].end;
    do value++;
    while (value < count && tokens[value].start < end);
    return value;
}

static af_error_t *no_page(void) { return af_failed(AF_ERROR_CODE_SERVER_ERROR, "the answer is no page of records"); }

static af_error_t *parsed_here(const af_query_request_t *request, af_response_t answer) {
    af_string_t json;
    jsmn_parser parser;
    AF_TRY(af_ensure_ok(answer));
    AF_TRY(af_body(answer, &json));
    jsmn_init(&parser);
    int count = jsmn_parse(&parser, (const char *)json.ptr, json.len, NULL, 0);
    if (count <= 0) return no_page();
    jsmntok_t *tokens = AF_NEW(jsmntok_t, (size_t)count);
    jsmn_init(&parser);
    count = jsmn_parse(&parser, (const char *)json.ptr, json.len, tokens, (unsigned)count);
    if (count <= 0 || tokens[0].type != JSMN_OBJECT) return no_page();
    int list = 1;
    while (list < count && !af_is((af_string_t){json.ptr + tokens[list].start,
                                                (size_t)(tokens[list].end - tokens[list].start)}, "records"))
        list = behind(tokens, count, list + 1);
    if (++list >= count || tokens[list].type != JSMN_ARRAY) return no_page();

    // No record grows: it keeps some of its fields, in their own words.
    af_string_t batch = {af_alloc(json.len, 1), 0};
    appflow_list_u32_t ends = {AF_NEW(uint32_t, (size_t)tokens[list].size), 0};
    for (int record = list + 1, left = tokens[list].size; left > 0; left--) {
        if (tokens[record].type != JSMN_OBJECT) return no_page();
        size_t begin = batch.len;
        int key = record + 1;
        for (int fields = tokens[record].size; fields > 0; fields--) {
            af_string_t name = {json.ptr + tokens[key].start, (size_t)(tokens[key].end - tokens[key].start)};
            bool wanted = request->fields.len == 0;
            for (size_t field = 0; field < request->fields.len && !wanted; field++)
                wanted = af_equal(request->fields.ptr[field], name);
            if (wanted) {
                af_string_t value = text_of(json, &tokens[key + 1]);
                batch.ptr[batch.len] = batch.len == begin ? '{' : ',';
                batch.len++;
                batch.ptr[batch.len++] = '"';
                memcpy(batch.ptr + batch.len, name.ptr, name.len);
                batch.len += name.len;
                batch.ptr[batch.len++] = '"';
                batch.ptr[batch.len++] = ':';
                memcpy(batch.ptr + batch.len, value.ptr, value.len);
                batch.len += value.len;
            }
            key = behind(tokens, count, key + 1);
        }
        if (batch.len == begin) batch.ptr[batch.len++] = '{';
        batch.ptr[batch.len++] = '}';
        ends.ptr[ends.len++] = (uint32_t)batch.len;
        record = key;
    }
    uint32_t taken = 0;
    af_error_t error = {0};
    AF_TRY(af_checked(af_page_emit_batch(&batch, &ends, &taken, &error), &error));
    return taken == ends.len ? NULL : af_invalid("the page is larger than one answer may be");
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    (void)next;
    af_string_t url, parse;
    af_response_t answer;
    if (!af_setting(&context->settings, "url", &url)) url = AF("https://bench.example.com/page");
    af_request_t get = af_request("GET", url);
    AF_TRY(af_send(&get, &answer));
    bool own = af_setting(&context->settings, "parse", &parse) && af_is(parse, "own");
    return own ? parsed_here(request, answer) : picked_by_the_host(request, answer);
}
