// A connector of the first contract that was committed: it exports every function and calls every import, and tells in records
// what came of it. README.md says how the component was made.

#include <appflow_connector.h>

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    static exports_af_configuration_setting_t setting;
    static exports_af_configuration_authentication_t authentication[4];
    static exports_af_configuration_parameter_t key;
    static af_string_t scopes[1], urls[1], choices[2];
    static af_operator_t operators[] = {AF_OPERATOR_PROJECTION, AF_OPERATOR_EQUAL_TO, AF_OPERATOR_NO_OP};
    choices[0] = AF("one"), choices[1] = AF("two");
    setting.key = AF("upstream");
    setting.kind = EXPORTS_AF_CONFIGURATION_SETTING_KIND_TEXT;
    setting.label = AF("Address");
    setting.description = locale;
    setting.scope = EXPORTS_AF_CONFIGURATION_SCOPE_PROFILE;
    key.key = AF("key"), key.label = AF("Key"), key.description = AF("Given by the application");
    key.required = key.sensitive = true;
    scopes[0] = AF("read"), urls[0] = AF("https://a.example/token");
    authentication[0].tag = EXPORTS_AF_CONFIGURATION_AUTHENTICATION_BASIC;
    authentication[1].tag = EXPORTS_AF_CONFIGURATION_AUTHENTICATION_API_KEY;
    authentication[2].tag = EXPORTS_AF_CONFIGURATION_AUTHENTICATION_OAUTH2;
    authentication[2].val.oauth2.scopes = (af_list_string_t){scopes, 1};
    authentication[2].val.oauth2.token_urls = (af_list_string_t){urls, 1};
    authentication[2].val.oauth2.grants = EXPORTS_AF_CONFIGURATION_OAUTH2_GRANTS_CLIENT_CREDENTIALS;
    authentication[3].tag = EXPORTS_AF_CONFIGURATION_AUTHENTICATION_CUSTOM;
    authentication[3].val.custom.name = AF("own");
    authentication[3].val.custom.parameters.ptr = &key;
    authentication[3].val.custom.parameters.len = 1;
    out->owner = AF("Tests");
    out->name = AF("First contract");
    out->version = AF("0.1.0");
    out->settings.ptr = &setting, out->settings.len = 1;
    out->authentication.ptr = authentication, out->authentication.len = AF_COUNT(authentication);
    out->operators.is_some = true;
    out->operators.val.ptr = operators, out->operators.val.len = AF_COUNT(operators);
    out->triggers = EXPORTS_AF_CONFIGURATION_TRIGGERS_ON_DEMAND;
    out->frequencies = EXPORTS_AF_CONFIGURATION_FREQUENCIES_DAILY;
    out->write_operations = AF_WRITE_OPERATIONS_INSERT | AF_WRITE_OPERATIONS_DELETE;
    return NULL;
}

af_error_t *connector_validate_settings(af_scope_t scope, const af_pairs_t *settings,
                                        const af_authentication_type_t *authentication, af_setting_errors_t *out) {
    static exports_af_configuration_setting_error_t wrong;
    af_string_t value;
    (void)authentication;
    if (af_setting(settings, "upstream", &value)) return NULL;
    wrong.key = AF("upstream");
    wrong.message = af_format("is missing in scope %u", (unsigned)scope);
    out->ptr = &wrong, out->len = 1;
    return NULL;
}

static af_error_t *get(const af_pairs_t *settings, const char *path, af_response_t *answer) {
    af_string_t url;
    if (!af_setting(settings, "upstream", &url)) return af_invalid("the setting 'upstream' is missing");
    af_request_t request = af_request("GET", af_join(url, af_string(path)));
    af_bearer(&request);
    return af_send(&request, answer);
}

af_error_t *connector_validate_credentials(const af_pairs_t *settings) {
    af_response_t answer;
    AF_TRY(get(settings, "me", &answer));
    return af_ensure_ok(answer);
}

af_error_t *connector_list_entities(const af_context_t *context, const af_list_request_t *request,
                                    af_entity_page_t *out) {
    static af_entity_t entities[2];
    (void)context;
    entities[0] = af_entity("items");
    entities[0].label = af_some(AF("Items"));
    entities[0].writable = true;
    entities[1] = af_entity("folder");
    entities[1].has_nested = true;
    out->entities.ptr = entities + (request->path.is_some ? 1 : 0);
    out->entities.len = request->path.is_some ? 1 : 2;
    out->next_token = request->token.is_some ? (af_option_string_t){0} : af_some(AF("second"));
    out->cache_seconds.is_some = true, out->cache_seconds.val = 900;
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    static af_field_t fields[2];
    static appflow_tuple2_string_string_t property;
    static af_string_t allowed[1];
    static af_operator_t operators[] = {AF_OPERATOR_EQUAL_TO};
    (void)context;
    property.f0 = AF("kind"), property.f1 = AF("own");
    allowed[0] = AF("a");
    fields[0] = af_key("id", AF_DATA_TYPE_LONG);
    fields[0].id_for = AF_WRITE_OPERATIONS_DELETE;
    fields[1] = af_field("name", AF_DATA_TYPE_TEXT);
    fields[1].type_label = af_some(AF("varchar"));
    fields[1].constraints.is_some = true;
    fields[1].constraints.val.length.is_some = true;
    fields[1].constraints.val.length.val.min = AF("1");
    fields[1].constraints.val.length.val.max = AF("255");
    fields[1].constraints.val.allowed_values = (af_list_string_t){allowed, 1};
    fields[1].constraints.val.pattern = af_some(AF("a+"));
    fields[1].write = AF_WRITE_PROPERTIES_CREATABLE | AF_WRITE_PROPERTIES_UPDATABLE;
    fields[1].filter_operators.is_some = true;
    fields[1].filter_operators.val.ptr = operators, fields[1].filter_operators.val.len = 1;
    fields[1].properties.ptr = &property, fields[1].properties.len = 1;
    out->definition.entity.id = entity;
    out->definition.fields.ptr = fields, out->definition.fields.len = 2;
    return NULL;
}

/// A condition told node by node.
static af_string_t told(const exports_af_source_filter_t *filter) {
    af_string_t all = af_format("%.*s;", AF_PRINT(filter->text));
    for (size_t index = 0; index < filter->nodes.len; index++) {
        const af_filter_node_t *node = &filter->nodes.ptr[index];
        all = af_format("%.*s %zu:%u", AF_PRINT(all), index, (unsigned)node->tag);
        if (node->tag == EXPORTS_AF_SOURCE_FILTER_NODE_COMPARE)
            all = af_format("%.*s(%.*s,%u,%u)", AF_PRINT(all), AF_PRINT(node->val.compare.field),
                            (unsigned)node->val.compare.operator_, (unsigned)node->val.compare.value.tag);
        if (node->tag == EXPORTS_AF_SOURCE_FILTER_NODE_ALL_OF)
            for (size_t child = 0; child < node->val.all_of.len; child++)
                all = af_format("%.*s>%u", AF_PRINT(all), (unsigned)node->val.all_of.ptr[child]);
        if (node->tag == EXPORTS_AF_SOURCE_FILTER_NODE_BETWEEN)
            all = af_format("%.*s(%.*s..%.*s)", AF_PRINT(all), AF_PRINT(node->val.between.low.val.number),
                            AF_PRINT(node->val.between.high.val.number));
        if (node->tag == EXPORTS_AF_SOURCE_FILTER_NODE_ONE_OF)
            all = af_format("%.*s(%zu values)", AF_PRINT(all), node->val.one_of.values.len);
    }
    return filter->limit.is_some ? af_format("%.*s limit %u", AF_PRINT(all), (unsigned)filter->limit.val) : all;
}

/// One record of everything that the small imports tell.
static af_error_t *tell_the_rest(const af_query_request_t *request, af_response_t answer) {
    af_page_space_t room;
    af_invocation_details_t details;
    af_invocation_entity_definition_t entity;
    af_credentials_secret_t secret;
    af_http_pairs_t headers;
    appflow_list_u8_t data;
    af_string_t text, header, json;
    af_option_string_t total, absent;
    af_error_t error = {0};
    bool taken;
    af_record_t record = af_record(request);
    af_http_borrow_response_t body = af_http_borrow_response(answer);

    af_page_room(&room);
    af_record_boolean(&record, "room", room.records_left > 0 && room.bytes_left > 0 && room.millis_left > 0);
    af_invocation_current(&details);
    af_record_boolean(&record, "request", details.request_id.len > 0);
    af_record_text(&record, "flow", details.flow_name.is_some ? details.flow_name.val : AF(""));
    bool has_entity = af_invocation_entity(&entity);
    af_record_integer(&record, "fields", has_entity ? (int64_t)entity.fields.len : -1);
    af_record_boolean(&record, "entityJson", af_invocation_entity_json(&json));
    af_record_boolean(&record, "millis", af_invocation_millis_left() > 0);
    AF_TRY(af_checked(af_credentials_get(&secret, &error), &error));
    af_record_integer(&record, "credentials", secret.tag);
    af_log(AF_LOG_LEVEL_WARN, "a line of the first contract");

    af_record_integer(&record, "status", af_status(answer));
    bool has_header = af_http_method_response_header(body, &AF("X-Total"), &header);
    af_record_text(&record, "header", has_header ? header : AF(""));
    af_http_method_response_headers(body, &headers);
    af_record_boolean(&record, "headers", headers.len > 0);
    AF_TRY(af_ensure_ok(answer));
    AF_TRY(af_body(answer, &text));
    AF_TRY(af_checked(af_http_method_response_data(body, &data, &error), &error));
    af_record_boolean(&record, "sameBody", text.len == data.len && text.len > 0);
    AF_TRY(af_json_at(answer, AF("/total"), &total));
    af_record_json(&record, "total", total.is_some ? total.val : AF("null"));
    AF_TRY(af_text_at(answer, "/nowhere", &absent));
    af_record_boolean(&record, "absent", !absent.is_some);
    return af_emit(&record, &taken);
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    af_response_t answer;
    af_error_t error = {0};
    if (request->filter.is_some) {
        bool taken;
        af_record_t record = {0};
        af_record_text(&record, "condition", told(&request->filter.val));
        return af_emit(&record, &taken);
    }
    AF_TRY(get(&context->settings, request->token.is_some ? "second" : "first", &answer));
    AF_TRY(af_text_at(answer, "/next", next));
    if (!request->token.is_some) AF_TRY(tell_the_rest(request, answer));

    af_pick_t picks[] = {{AF("id"), AF("id")}, {AF("city"), AF("/home/city")}};
    af_page_list_field_pick_t list = {picks, AF_COUNT(picks)};
    af_page_emitted_t emitted;
    af_page_borrow_response_t body = af_http_borrow_response(answer);
    AF_TRY(af_checked(af_page_emit_json(body, &AF("/items"), &list, 1, &emitted, &error), &error));
    af_close(answer);
    af_string_t batch = af_format("{\"taken\":%u}{\"left\":%u,\"total\":%u,\"rest\":%.*s}", (unsigned)emitted.taken,
                                  (unsigned)emitted.left, (unsigned)emitted.total, AF_PRINT(emitted.rest));
    uint32_t ends[] = {11, (uint32_t)batch.len};
    uint32_t count;
    AF_TRY(af_checked(af_page_emit_batch(&batch, &(appflow_list_u32_t){ends, 2}, &count, &error), &error));
    return count == 2 ? NULL : af_failed(AF_ERROR_CODE_UNKNOWN_ERROR, "%u of 2 records", (unsigned)count);
}

af_error_t *connector_retrieve(const af_context_t *context, const af_retrieve_request_t *request) {
    (void)context;
    for (size_t index = 0; index < request->ids.len; index++) {
        bool taken;
        af_record_t record = {0};
        af_record_text(&record, "id", request->ids.ptr[index]);
        af_record_text(&record, "by", request->id_field.is_some ? request->id_field.val : AF(""));
        AF_TRY(af_emit(&record, &taken));
    }
    return NULL;
}

af_error_t *connector_write(const af_context_t *context, const af_write_request_t *request,
                            af_write_results_t *out) {
    (void)context;
    if (request->operation == EXPORTS_AF_DESTINATION_OPERATION_DELETE)
        return af_failed(AF_ERROR_CODE_ACCESS_DENIED, "nothing may be removed");
    af_results(request, out);
    for (size_t index = 0; index < out->len; index++) out->ptr[index].record_id = af_format("new-%zu", index);
    if (out->len > 1) out->ptr[1].error = af_some(AF("the second one is refused"));
    return NULL;
}
