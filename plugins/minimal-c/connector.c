// The smallest connector in C: greetings made up on the spot, from no application at all.

#include <appflow_connector.h>

static const char *const NAMES[] = {"Ada", "Barbara", "Grace", "Hedy", "Karen"};

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    (void)locale;
    out->owner = AF("Example");
    out->name = AF("Minimal C");
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
    static af_entity_t entities[1];
    entities[0] = af_entity("greeting");
    entities[0].label = af_some(AF("Greetings"));
    out->entities.ptr = entities;
    out->entities.len = AF_COUNT(entities);
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    (void)context;
    static af_field_t fields[2];
    fields[0] = af_key("id", AF_DATA_TYPE_LONG);
    fields[1] = af_field("text", AF_DATA_TYPE_TEXT);
    af_without_filters(fields, AF_COUNT(fields));
    out->definition.entity.id = entity;
    out->definition.fields.ptr = fields;
    out->definition.fields.len = AF_COUNT(fields);
    return NULL;
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    (void)context;
    af_span_t span;
    AF_TRY(af_resume(request, AF_COUNT(NAMES), &span));
    for (size_t id = span.first; id < span.end; id++) {
        bool taken;
        af_record_t record = af_record(request);
        af_record_integer(&record, "id", (int64_t)id);
        af_record_text(&record, "text", af_format("Hello, %s!", NAMES[id]));
        AF_TRY(af_emit(&record, &taken));
        if (!taken) return af_go_on(&span, id, next);
    }
    return NULL;
}
