/// Connectors for Amazon AppFlow in C.
///
/// A connector is a file `connector.c` that defines the functions named `connector_...` below; everything named `af_...` is
/// here to be used. `appflow.h`, generated from the contract in `wit/`, has the types; they are explained there.
///
/// - **Errors** are pointers: NULL is success, and `AF_TRY` hands a failure on. What the host's functions fail with may be
///   handed on as it is; AppFlow is told the right code.
/// - **Memory** is never freed: every call is made on an instance of its own, which is gone afterwards. `af_alloc` gives
///   zeroed memory, and all-zero is a good value of every type: empty, none, false, the first case. Constants need no copy.
///   What is large is freed early: `af_close` for the body of an answer.
/// - **Text** is UTF-8 with a length, without a NUL at the end. `AF("...")` is one from a literal.
///
/// A trap (abort, a read out of bounds, memory used up) ends the call with an error of AppFlow's and nothing else; the next
/// call gets a fresh instance.
#ifndef APPFLOW_CONNECTOR_H
#define APPFLOW_CONNECTOR_H

#include "appflow.h"

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(AF_SOURCE) && !defined(AF_DESTINATION)
#error "define AF_SOURCE, AF_DESTINATION or both; connector.mk does"
#endif

// ---- Short names ----------------------------------------------------------------------------------------------------

typedef appflow_string_t af_string_t;
typedef appflow_option_string_t af_option_string_t;
typedef appflow_list_string_t af_list_string_t;
typedef af_http_request_t af_request_t;
typedef af_http_own_response_t af_response_t;
typedef af_page_field_pick_t af_pick_t;
typedef exports_af_configuration_description_t af_description_t;
typedef exports_af_configuration_setting_t af_setting_t;
typedef exports_af_configuration_authentication_t af_authentication_t;
typedef exports_af_configuration_scope_t af_scope_t;
typedef exports_af_configuration_list_setting_error_t af_setting_errors_t;
typedef exports_af_metadata_list_request_t af_list_request_t;
typedef exports_af_metadata_entity_page_t af_entity_page_t;
typedef exports_af_metadata_entity_description_t af_entity_description_t;
#ifdef AF_SOURCE
typedef exports_af_source_query_request_t af_query_request_t;
typedef exports_af_source_retrieve_request_t af_retrieve_request_t;
typedef exports_af_source_filter_node_t af_filter_node_t;
typedef exports_af_source_literal_t af_literal_t;
#endif
#ifdef AF_DESTINATION
typedef exports_af_destination_write_request_t af_write_request_t;
typedef exports_af_destination_list_write_result_t af_write_results_t;
#endif

// ---- What a connector defines ---------------------------------------------------------------------------------------
//
// `out` and `next` come zeroed. A function that is missing is an error of the linker, but for those with a default.

/// Tells what the connector is. Without API versions it gets "v1.0".
af_error_t *connector_describe(af_string_t locale, af_description_t *out);
/// Checks settings of one scope; `authentication` is NULL if it is not known. Default: all are good.
af_error_t *connector_validate_settings(af_scope_t scope, const af_pairs_t *settings,
                                        const af_authentication_type_t *authentication, af_setting_errors_t *out);
/// Checks that the application accepts the credentials.
af_error_t *connector_validate_credentials(const af_pairs_t *settings);
/// Lists entities.
af_error_t *connector_list_entities(const af_context_t *context, const af_list_request_t *request,
                                    af_entity_page_t *out);
/// Describes one entity.
af_error_t *connector_describe_entity(const af_context_t *context, af_string_t entity,
                                      af_entity_description_t *out);
#ifdef AF_SOURCE
/// Reads one page. Without a `next` token it was the last one.
af_error_t *connector_query(const af_context_t *context, const af_query_request_t *request,
                            af_option_string_t *next);
/// Fetches records by identifier. Default: unsupported.
af_error_t *connector_retrieve(const af_context_t *context, const af_retrieve_request_t *request);
#endif
#ifdef AF_DESTINATION
/// Writes records; one result for each, see `af_results`.
af_error_t *connector_write(const af_context_t *context, const af_write_request_t *request,
                            af_write_results_t *out);
#endif

// ---- Memory and text ------------------------------------------------------------------------------------------------

/// Zeroed memory for `count` things of `size` bytes, for the rest of the call. Ends the call if there is none.
void *af_alloc(size_t count, size_t size);
/// Zeroed memory for `count` values of a type.
#define AF_NEW(type, count) ((type *)af_alloc((count), sizeof(type)))
/// Number of elements of an array.
#define AF_COUNT(array) (sizeof(array) / sizeof *(array))

/// A literal as text.
#define AF(literal) ((af_string_t){(uint8_t *)("" literal), sizeof("" literal) - 1})
/// For `%.*s` of printf.
#define AF_PRINT(text) (int)(text).len, (const char *)(text).ptr

/// Text of a NUL-terminated one, which is not copied.
af_string_t af_string(const char *text);
/// NUL-terminated copy.
char *af_chars(af_string_t text);
/// Text made as printf makes it. What is no UTF-8 becomes U+FFFD.
af_string_t af_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Whether a text is this one.
bool af_is(af_string_t text, const char *other);
/// Whether two texts are the same.
bool af_equal(af_string_t one, af_string_t other);
/// The text as it is if it is UTF-8, else a copy with U+FFFD for each byte that is not. The host takes UTF-8 only.
af_string_t af_utf8(af_string_t text);
/// A value that is there.
af_option_string_t af_some(af_string_t text);
/// Whether a list holds a text.
bool af_among(const af_list_string_t *list, const char *text);
/// The value of a setting; where it comes twice the last one. False if there is none.
bool af_setting(const af_pairs_t *settings, const char *key, af_string_t *value);

// ---- Errors ---------------------------------------------------------------------------------------------------------

/// Hands a failure on.
#define AF_TRY(expression)                                                                                             \
    do {                                                                                                               \
        af_error_t *af_failure_ = (expression);                                                                        \
        if (af_failure_ != NULL) return af_failure_;                                                                   \
    } while (0)

/// A failure with one of AppFlow's codes, `AF_ERROR_CODE_...`. One line for the user, without secrets and records.
af_error_t *af_failed(af_error_code_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// AF_ERROR_CODE_INVALID_ARGUMENT: what AppFlow or its user asks for makes no sense.
af_error_t *af_invalid(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Something this connector does not do; the text says what.
af_error_t *af_unsupported(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// What a function of `appflow.h` gave back, as an error that can be handed on: `AF_TRY(af_checked(f(..., &error), &error))`.
af_error_t *af_checked(bool succeeded, const af_error_t *error);

// ---- Entities -------------------------------------------------------------------------------------------------------

/// An entity with an identifier.
af_entity_t af_entity(const char *id);
/// A field that can be read, can be null and can be in filters with the operators usual for its type.
af_field_t af_field(const char *name, af_data_type_t type);
/// A field that identifies the record: as `af_field`, but never null.
af_field_t af_key(const char *name, af_data_type_t type);
/// Takes fields out of filters, for an application that cannot filter, or a connector that does not pass filters on.
void af_without_filters(af_field_t *fields, size_t count);

// ---- Requests -------------------------------------------------------------------------------------------------------

/// An address with one more segment of its path, percent-encoded, so that no value can break out of it.
af_string_t af_join(af_string_t url, af_string_t segment);
/// An address with one more parameter of its query, percent-encoded.
af_string_t af_with_query(af_string_t url, const char *name, af_string_t value);

/// A request without a body.
af_request_t af_request(const char *method, af_string_t url);
/// Sends JSON along.
void af_json_body(af_request_t *request, af_string_t json);
/// Adds a header.
void af_header(af_request_t *request, const char *name, af_string_t value);
/// Has the host put the OAuth 2 access token, or the API key, into `Authorization: Bearer`.
void af_bearer(af_request_t *request);
/// Has the host put user name and password into `Authorization: Basic`.
void af_basic(af_request_t *request);
/// Has the host put a value of the secret, such as `apiKey`, into a header, after a prefix.
void af_secret_header(af_request_t *request, const char *name, const char *secret_key, const char *prefix);

/// Sends a request. Any status is an answer, not an error.
af_error_t *af_send(af_request_t *request, af_response_t *answer);
/// Fails unless the status is 2xx.
af_error_t *af_ensure_ok(af_response_t answer);
/// Status of an answer.
uint16_t af_status(af_response_t answer);
/// The body as text.
af_error_t *af_body(af_response_t answer, af_string_t *text);
/// Text at a JSON pointer, strings without their quotes.
af_error_t *af_text_at(af_response_t answer, const char *pointer, af_option_string_t *text);
/// JSON text at a JSON pointer.
af_error_t *af_json_at(af_response_t answer, af_string_t pointer, af_option_string_t *json);
/// Frees an answer's body before the call ends.
void af_close(af_response_t answer);

/// A line in the operator's log: AF_LOG_LEVEL_DEBUG, _INFO, _WARN or _ERROR. No secrets, records or filter values.
void af_log(af_log_level_t level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef AF_SOURCE
// ---- Records and pages ----------------------------------------------------------------------------------------------

/// A record being written as JSON. Fields the request did not ask for are left out.
typedef struct {
    uint8_t *ptr;
    size_t len;
    size_t capacity;
    const af_list_string_t *wanted;
} af_record_t;

/// An empty record with the fields of a request.
af_record_t af_record(const af_query_request_t *request);
/// Adds a text; what is no UTF-8 becomes U+FFFD.
void af_record_text(af_record_t *record, const char *name, af_string_t value);
/// Adds a whole number.
void af_record_integer(af_record_t *record, const char *name, int64_t value);
/// Adds a truth value.
void af_record_boolean(af_record_t *record, const char *name, bool value);
/// Adds no value.
void af_record_null(af_record_t *record, const char *name);
/// Adds a value that is JSON already.
void af_record_json(af_record_t *record, const char *name, af_string_t json);
/// Adds the record to the page. `*taken` is false if it found no room: then return a token, see `af_go_on`.
af_error_t *af_emit(af_record_t *record, bool *taken);

/// Whether a request has a condition, which must be passed on, checked record by record, or refused.
bool af_has_condition(const af_query_request_t *request);

/// Most bytes of a token.
#define AF_TOKEN_MAX 1475
/// Packs texts into a token. Fails if it would be too long.
af_error_t *af_token_encode(const af_string_t *parts, size_t count, af_string_t *token);
/// Unpacks exactly so many texts. Fails for a token that `af_token_encode` did not make.
af_error_t *af_token_decode(af_string_t token, af_string_t *parts, size_t count);

/// Which records a call emits, where all of them are at hand.
typedef struct {
    const af_query_request_t *request;
    size_t first;
    size_t end;
} af_span_t;

/// Finds the records to emit of `count` ones, which are the same in each call: after those of the pages before, and within
/// the filter's limit. Refuses conditions.
af_error_t *af_resume(const af_query_request_t *request, size_t count, af_span_t *span);
/// Ends the page before the record at `index`, which found no room: the next call begins with it.
af_error_t *af_go_on(const af_span_t *span, size_t index, af_option_string_t *next);

/// How an application pages by cursors.
typedef struct {
    /// JSON pointer of the array of records; NULL if it is the whole body.
    const char *records;
    /// JSON pointer of the next page's cursor; absent, null or empty at the end.
    const char *cursor;
    /// Fields of the records; none takes them as they are.
    const af_pick_t *picks;
    /// Number of picks.
    size_t pick_count;
    /// Most records to ask for at once; 0 for 1,000.
    uint32_t page_size;
    /// Whether the requests pass the condition on. Without it a condition is refused.
    bool filtered;
} af_pages_t;

/// Where to read.
typedef struct {
    /// Records to ask for.
    uint32_t size;
    /// Cursor of the page; empty for the first one.
    af_string_t cursor;
} af_place_t;

/// Sends the request for a place.
typedef af_error_t *af_fetch_t(const af_place_t *at, void *data, af_response_t *answer);

/// Reads page after page of the application until AppFlow's page is full, and makes the token by which the next call goes
/// on, in the middle of a page of the application if need be. `data` is handed to `fetch`.
af_error_t *af_follow(const af_query_request_t *request, const af_pages_t *pages, af_fetch_t *fetch, void *data,
                      af_option_string_t *next);
#endif

#ifdef AF_DESTINATION
/// One result for each record of a request, to be filled in; all say that the record was written.
void af_results(const af_write_request_t *request, af_write_results_t *out);
#endif

#ifdef __cplusplus
}
#endif
#endif
