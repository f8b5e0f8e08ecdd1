// Entities, requests to the application, and results of writes.

#include <string.h>

#include "appflow_connector.h"

af_entity_t af_entity(const char *id) {
    af_entity_t entity = {0};
    entity.id = af_string(id);
    return entity;
}

af_field_t af_field(const char *name, af_data_type_t type) {
    af_field_t field = {0};
    field.name = af_string(name);
    field.data_type = type;
    field.read = AF_READ_PROPERTIES_RETRIEVABLE | AF_READ_PROPERTIES_NULLABLE | AF_READ_PROPERTIES_QUERYABLE;
    return field;
}

af_field_t af_key(const char *name, af_data_type_t type) {
    af_field_t field = af_field(name, type);
    field.primary_key = true;
    field.read &= (af_read_properties_t)~AF_READ_PROPERTIES_NULLABLE;
    return field;
}

void af_without_filters(af_field_t *fields, size_t count) {
    for (size_t index = 0; index < count; index++) {
        fields[index].read &= (af_read_properties_t)~AF_READ_PROPERTIES_QUERYABLE;
        // An empty list of operators; none at all would mean the usual ones.
        fields[index].filter_operators.is_some = true;
        fields[index].filter_operators.val.len = 0;
    }
}

// ---- Requests -------------------------------------------------------------------------------------------------------

af_request_t af_request(const char *method, af_string_t url) {
    af_request_t request = {0};
    request.method = af_string(method);
    request.url = url;
    return request;
}

void af_json_body(af_request_t *request, af_string_t json) {
    af_header(request, "content-type", AF("application/json"));
    request->body.is_some = true;
    request->body.val.tag = AF_HTTP_BODY_TEXT;
    request->body.val.val.text = af_utf8(json);
}

void af_header(af_request_t *request, const char *name, af_string_t value) {
    appflow_tuple2_string_string_t *headers = AF_NEW(appflow_tuple2_string_string_t, request->headers.len + 1);
    if (request->headers.len > 0) memcpy(headers, request->headers.ptr, request->headers.len * sizeof *headers);
    headers[request->headers.len].f0 = af_string(name);
    headers[request->headers.len].f1 = af_utf8(value);
    request->headers.ptr = headers;
    request->headers.len++;
}

void af_bearer(af_request_t *request) {
    request->credential.is_some = true;
    request->credential.val.tag = AF_HTTP_CREDENTIAL_BEARER;
}

void af_basic(af_request_t *request) {
    request->credential.is_some = true;
    request->credential.val.tag = AF_HTTP_CREDENTIAL_BASIC;
}

void af_secret_header(af_request_t *request, const char *name, const char *secret_key, const char *prefix) {
    request->credential.is_some = true;
    request->credential.val.tag = AF_HTTP_CREDENTIAL_HEADER;
    request->credential.val.val.header = (af_http_placement_t){
        .name = af_string(name),
        .secret_key = af_string(secret_key),
        .prefix = af_string(prefix),
    };
}

af_error_t *af_send(af_request_t *request, af_response_t *answer) {
    af_error_t error = {0};
    return af_checked(af_http_send(request, answer, &error), &error);
}

af_error_t *af_ensure_ok(af_response_t answer) {
    af_error_t error = {0};
    return af_checked(af_http_method_response_ensure_ok(af_http_borrow_response(answer), &error), &error);
}

uint16_t af_status(af_response_t answer) { return af_http_method_response_status(af_http_borrow_response(answer)); }

af_error_t *af_body(af_response_t answer, af_string_t *text) {
    af_error_t error = {0};
    return af_checked(af_http_method_response_text(af_http_borrow_response(answer), text, &error), &error);
}

af_error_t *af_text_at(af_response_t answer, const char *pointer, af_option_string_t *text) {
    af_error_t error = {0};
    af_string_t place = af_string(pointer);
    return af_checked(af_http_method_response_text_at(af_http_borrow_response(answer), &place, text, &error), &error);
}

af_error_t *af_json_at(af_response_t answer, af_string_t pointer, af_option_string_t *json) {
    af_error_t error = {0};
    return af_checked(af_http_method_response_json_at(af_http_borrow_response(answer), &pointer, json, &error), &error);
}

void af_close(af_response_t answer) { af_http_response_drop_own(answer); }

#ifdef AF_DESTINATION
void af_results(const af_write_request_t *request, af_write_results_t *out) {
    out->len = request->records.len;
    out->ptr = AF_NEW(exports_af_destination_write_result_t, out->len);
}
#endif
