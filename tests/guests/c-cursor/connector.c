// The connector of tests/guests/cursor once more, in C.

#include <appflow_connector.h>

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    (void)locale;
    static af_authentication_t key = {.tag = EXPORTS_AF_CONFIGURATION_AUTHENTICATION_API_KEY};
    out->owner = AF("Tests");
    out->name = AF("Cursor C");
    out->version = AF("0.1.0");
    out->authentication.ptr = &key;
    out->authentication.len = 1;
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
    entity = af_entity("items");
    out->entities.ptr = &entity;
    out->entities.len = 1;
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    (void)context;
    static af_field_t fields[2];
    fields[0] = af_key("id", AF_DATA_TYPE_LONG);
    fields[1] = af_field("city", AF_DATA_TYPE_TEXT);
    af_without_filters(fields, AF_COUNT(fields));
    out->definition.entity.id = entity;
    out->definition.fields.ptr = fields;
    out->definition.fields.len = AF_COUNT(fields);
    return NULL;
}

static af_error_t *fetch(const af_place_t *at, void *url, af_response_t *answer) {
    af_string_t page = af_with_query(*(af_string_t *)url, "limit", af_format("%u", (unsigned)at->size));
    if (at->cursor.len > 0) page = af_with_query(page, "cursor", at->cursor);
    af_request_t request = af_request("GET", page);
    af_bearer(&request);
    return af_send(&request, answer);
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    af_string_t url;
    if (!af_setting(&context->settings, "upstream", &url)) return af_invalid("the setting 'upstream' is missing");
    url = af_join(url, request->entity);
    const af_pick_t picks[] = {{AF("id"), AF("id")}, {AF("city"), AF("/home/city")}};
    const af_pages_t pages = {.records = "/items", .cursor = "/next", .picks = picks, .pick_count = AF_COUNT(picks)};
    return af_follow(request, &pages, fetch, &url, next);
}
