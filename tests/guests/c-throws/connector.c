// A connector in C that ends badly in every export, in the way that its setting `how` names; in `describe`, which has no
// settings, it is the locale. Each is an error of AppFlow's, and the next call goes well: tests/cases/c-throws.

#include <appflow_connector.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/// As an author sees it: without warnings of what the compiler can prove to be wrong.
static volatile size_t zero;

static size_t recurse(volatile size_t *depth) {
    volatile size_t deeper = *depth + 1;
    return zero == 1 ? 0 : recurse(&deeper) + deeper;
}

static af_error_t *end(af_string_t how) {
    if (af_is(how, "")) return NULL;
    if (af_is(how, "failed")) {
        af_error_t *error = af_failed(AF_ERROR_CODE_RATE_LIMIT_EXCEEDED, "not before %d seconds are over", 7);
        error->val.failed.retry_after_seconds.is_some = true;
        error->val.failed.retry_after_seconds.val = 7;
        return error;
    }
    if (af_is(how, "unsupported")) return af_unsupported("asking '%s'", "this");
    if (af_is(how, "abort")) abort();
    if (af_is(how, "assert")) assert(zero == 1);
    if (af_is(how, "exit")) exit(3);
    if (af_is(how, "out-of-bounds")) return af_invalid("%d", *(volatile int *)(zero + 0xfffffff0));
    if (af_is(how, "divide")) return af_invalid("%zu", 1000 / zero);
    if (af_is(how, "stack")) return af_invalid("%zu", recurse(&zero));
    if (af_is(how, "memory"))
        for (;;) memset(af_alloc(1 << 20, 1), 1, 1 << 20);
    // Answers that are none.
    af_error_t *error = af_invalid("never");
    if (af_is(how, "code")) error->val.failed.code = 99;
    if (af_is(how, "tag")) error->tag = 9;
    if (af_is(how, "not-utf8")) error->val.failed.message = AF("a\xff" "b");
    if (af_is(how, "endless")) error->val.failed.message.len = 0xfffffff0;
    if (af_is(how, "nowhere")) error->val.failed.message.ptr = (uint8_t *)0xfffffff0;
    return error;
}

static af_error_t *end_by(const af_pairs_t *settings) {
    af_string_t how = AF("");
    af_setting(settings, "how", &how);
    return end(how);
}

af_error_t *connector_describe(af_string_t locale, af_description_t *out) {
    if (!af_is(locale, "en-US")) AF_TRY(end(locale));
    out->owner = AF("Tests");
    out->name = AF("C throws");
    out->version = AF("0.1.0");
    out->write_operations = AF_WRITE_OPERATIONS_INSERT;
    return NULL;
}

af_error_t *connector_validate_settings(af_scope_t scope, const af_pairs_t *settings,
                                        const af_authentication_type_t *authentication, af_setting_errors_t *out) {
    (void)scope, (void)authentication, (void)out;
    return end_by(settings);
}

af_error_t *connector_validate_credentials(const af_pairs_t *settings) { return end_by(settings); }

af_error_t *connector_list_entities(const af_context_t *context, const af_list_request_t *request,
                                    af_entity_page_t *out) {
    (void)request;
    AF_TRY(end_by(&context->settings));
    out->entities.ptr = AF_NEW(af_entity_t, 1);
    out->entities.ptr[0] = af_entity("good");
    out->entities.len = 1;
    return NULL;
}

af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out) {
    af_string_t how = AF("");
    af_setting(&context->settings, "how", &how);
    out->definition.entity.id = entity;
    // A list that says that it is longer than memory.
    if (af_is(how, "fields")) {
        out->definition.fields.len = 0x10000000;
        return NULL;
    }
    return end(how);
}

af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next) {
    (void)next;
    bool taken;
    af_record_t record = af_record(request);
    af_record_integer(&record, "id", 1);
    AF_TRY(af_emit(&record, &taken));
    return end_by(&context->settings);
}

af_error_t *connector_retrieve(const af_context_t *context, const af_retrieve_request_t *request) {
    (void)request;
    return end_by(&context->settings);
}

af_error_t *connector_write(const af_context_t *context, const af_write_request_t *request,
                            af_write_results_t *out) {
    af_results(request, out);
    return end_by(&context->settings);
}
