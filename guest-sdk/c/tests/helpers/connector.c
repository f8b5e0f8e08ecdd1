// A connector with as little as the linker asks for: what is tested are the helpers.

#include <appflow_connector.h>

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    if (af_is(locale, "xx")) return af_invalid("no labels in '%.*s'", AF_PRINT(locale));
    if (af_is(locale, "odd")) {
        // What only a mistake can make of an error.
        af_error_t *error = af_invalid("never");
        error->val.failed.code = 99;
        error->val.failed.message = AF("a\xff");
        return error;
    }
    if (af_is(locale, "odder")) {
        af_error_t *error = af_invalid("never");
        error->tag = 9;
        return error;
    }
    out->owner = AF("Tests");
    return NULL;
}

af_error_t *connector_validate_credentials(const af_pairs_t *settings) {
    af_string_t url;
    if (!af_setting(settings, "url", &url)) return af_invalid("the setting 'url' is missing");
    af_request_t request = af_request("GET", url);
    af_response_t answer;
    af_bearer(&request);
    AF_TRY(af_send(&request, &answer));
    return af_ensure_ok(answer);
}

af_error_t *connector_list_entities(const af_context_t *context, const af_list_request_t *request,
                                    af_entity_page_t *out) {
    (void)context, (void)request, (void)out;
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    (void)context;
    out->definition.entity.id = entity;
    return NULL;
}

static af_error_t *fetch(const af_place_t *at, void *data, af_response_t *answer) {
    (void)data;
    af_string_t url = af_with_query(AF("https://a.example/items"), "size", af_format("%u", (unsigned)at->size));
    if (at->cursor.len > 0) url = af_with_query(url, "at", at->cursor);
    af_request_t request = af_request("GET", url);
    return af_send(&request, answer);
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    (void)context;
    static af_pick_t picks[2];
    picks[0] = (af_pick_t){AF("id"), AF("id")};
    picks[1] = (af_pick_t){AF("city"), AF("/home/city")};
    bool as_they_are = af_is(request->entity, "raw");
    af_pages_t pages = {.records = "/items", .cursor = "/next", .picks = picks, .pick_count = as_they_are ? 0 : 2};
    return af_follow(request, &pages, fetch, NULL, next);
}

af_error_t *connector_write(const af_context_t *context, const af_write_request_t *request,
                            af_write_results_t *out) {
    (void)context;
    af_results(request, out);
    if (out->len > 1) out->ptr[1].error = af_some(AF("no"));
    return NULL;
}
