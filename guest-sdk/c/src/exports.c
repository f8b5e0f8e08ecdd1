// The contract's exports: each prepares an empty result, calls the connector's function, and puts its error where the
// contract wants it.

#include <string.h>

#include "appflow_connector.h"

/// Whether all went well; else the error goes to its place. What an error cannot be would end the call in a trap, or be taken
/// for another error, so it is put right here.
static bool finish(const af_error_t *error, af_error_t *place) {
    if (error == NULL) return true;
    *place = *error;
    switch (place->tag) {
    case AF_ERROR_FAILED:
        if (place->val.failed.code > AF_ERROR_CODE_RESOURCE_NOT_FOUND_ERROR)
            place->val.failed.code = AF_ERROR_CODE_UNKNOWN_ERROR;
        place->val.failed.message = af_utf8(place->val.failed.message);
        break;
    case AF_ERROR_HTTP: place->val.http.message = af_utf8(place->val.http.message); break;
    case AF_ERROR_UNSUPPORTED: place->val.unsupported = af_utf8(place->val.unsupported); break;
    default:
        *place = *af_failed(AF_ERROR_CODE_UNKNOWN_ERROR, "the connector's error is of no known kind (%u)",
                            (unsigned)error->tag);
    }
    return false;
}

// ---- Functions a connector may leave out ----------------------------------------------------------------------------

__attribute__((weak)) af_error_t *connector_validate_settings(af_scope_t scope, const af_pairs_t *settings,
                                                              const af_authentication_type_t *authentication,
                                                              af_setting_errors_t *out) {
    (void)scope, (void)settings, (void)authentication, (void)out;
    return NULL;
}

#ifdef AF_SOURCE
__attribute__((weak)) af_error_t *connector_retrieve(const af_context_t *context,
                                                     const af_retrieve_request_t *request) {
    (void)context, (void)request;
    return af_unsupported("retrieving records by identifier");
}
#endif

// ---- Exports --------------------------------------------------------------------------------------------------------

bool exports_af_configuration_describe(appflow_string_t *locale, af_description_t *ret, af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    af_error_t *error = connector_describe(*locale, ret);
    if (ret->api_versions.len == 0) {
        static af_string_t versions[] = {{(uint8_t *)"v1.0", 4}};
        ret->api_versions = (af_list_string_t){versions, AF_COUNT(versions)};
    }
    return finish(error, err);
}

bool exports_af_configuration_validate_settings(af_scope_t scope, af_pairs_t *settings,
                                                af_authentication_type_t *maybe_authentication,
                                                af_setting_errors_t *ret, af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    return finish(connector_validate_settings(scope, settings, maybe_authentication, ret), err);
}

bool exports_af_configuration_validate_credentials(af_pairs_t *settings, af_error_t *err) {
    return finish(connector_validate_credentials(settings), err);
}

bool exports_af_metadata_list_entities(af_context_t *context, af_list_request_t *request, af_entity_page_t *ret,
                                       af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    return finish(connector_list_entities(context, request, ret), err);
}

bool exports_af_metadata_describe_entity(af_context_t *context, appflow_string_t *entity,
                                         af_entity_description_t *ret, af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    return finish(connector_describe_entity(context, *entity, ret), err);
}

#ifdef AF_SOURCE
bool exports_af_source_query(af_context_t *context, af_query_request_t *request, af_option_string_t *ret,
                             af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    return finish(connector_query(context, request, ret), err);
}

bool exports_af_source_retrieve(af_context_t *context, af_retrieve_request_t *request, af_error_t *err) {
    return finish(connector_retrieve(context, request), err);
}
#endif

#ifdef AF_DESTINATION
bool exports_af_destination_write(af_context_t *context, af_write_request_t *request, af_write_results_t *ret,
                                  af_error_t *err) {
    memset(ret, 0, sizeof *ret);
    return finish(connector_write(context, request, ret), err);
}
#endif

// ---- After a call ---------------------------------------------------------------------------------------------------
//
// The generated code would free every text and list of a result here, constants too. The instance ends with the call, so
// nothing needs to be freed; these take the place of the generated functions, which are weak.

#ifdef __wasm__
#define KEEP(name, function)                                                                                           \
    __attribute__((export_name("cabi_post_appflow:connector/" name))) void function(uint8_t *result);                  \
    void function(uint8_t *result) { (void)result; }

KEEP("configuration@0.1.0#describe", __wasm_export_exports_af_configuration_describe_post_return)
KEEP("configuration@0.1.0#validate-settings", __wasm_export_exports_af_configuration_validate_settings_post_return)
KEEP("configuration@0.1.0#validate-credentials",
     __wasm_export_exports_af_configuration_validate_credentials_post_return)
KEEP("metadata@0.1.0#list-entities", __wasm_export_exports_af_metadata_list_entities_post_return)
KEEP("metadata@0.1.0#describe-entity", __wasm_export_exports_af_metadata_describe_entity_post_return)
#ifdef AF_SOURCE
KEEP("source@0.1.0#query", __wasm_export_exports_af_source_query_post_return)
KEEP("source@0.1.0#retrieve", __wasm_export_exports_af_source_retrieve_post_return)
#endif
#ifdef AF_DESTINATION
KEEP("destination@0.1.0#write", __wasm_export_exports_af_destination_write_post_return)
#endif
#endif
