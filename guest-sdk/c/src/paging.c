// From the application's pages to AppFlow's, which are never the same size.

#include <stdlib.h>
#include <string.h>

#include "appflow_connector.h"

#ifdef AF_SOURCE
static af_error_t *foreign(void) { return af_invalid("the next token is not one that this connector made"); }

static af_error_t *no_progress(void) {
    return af_failed(AF_ERROR_CODE_REQUEST_TIMEOUT, "no record could be taken in the time there was");
}

static af_error_t *refuse_condition(const af_query_request_t *request) {
    if (!af_has_condition(request)) return NULL;
    return af_unsupported("filtering '%.*s'", AF_PRINT(request->entity));
}

/// Records wanted over all pages.
static uint64_t limit(const af_query_request_t *request) {
    bool limited = request->filter.is_some && request->filter.val.limit.is_some;
    return limited ? request->filter.val.limit.val : UINT64_MAX;
}

/// A whole number in decimal digits.
static bool number(af_string_t text, uint64_t *value) {
    *value = 0;
    if (text.len == 0 || text.len > 18) return false;
    for (size_t index = 0; index < text.len; index++) {
        if (text.ptr[index] < '0' || text.ptr[index] > '9') return false;
        *value = 10 * *value + (uint64_t)(text.ptr[index] - '0');
    }
    return true;
}

static af_string_t digits(uint64_t value) { return af_format("%llu", (unsigned long long)value); }

// ---- Records at hand ------------------------------------------------------------------------------------------------

af_error_t *af_resume(const af_query_request_t *request, size_t count, af_span_t *span) {
    AF_TRY(refuse_condition(request));
    uint64_t done = 0;
    // An empty token counts as none.
    if (request->token.is_some && request->token.val.len > 0) {
        af_string_t parts[3];
        AF_TRY(af_token_decode(request->token.val, parts, AF_COUNT(parts)));
        if (!af_is(parts[0], "all") || !af_equal(parts[1], request->entity) || !number(parts[2], &done))
            return foreign();
    }
    uint64_t end = limit(request) < count ? limit(request) : count;
    span->request = request;
    span->end = (size_t)end;
    span->first = done < end ? (size_t)done : (size_t)end;
    return NULL;
}

af_error_t *af_go_on(const af_span_t *span, size_t index, af_option_string_t *next) {
    if (index == span->first) return no_progress();
    const af_string_t parts[] = {AF("all"), span->request->entity, digits(index)};
    next->is_some = true;
    return af_token_encode(parts, AF_COUNT(parts), &next->val);
}

// ---- Cursors --------------------------------------------------------------------------------------------------------

enum { PAGE_SIZE = 1000, TIME_RESERVE_MILLIS = 1000 };

/// What one call hands to the next.
typedef struct {
    /// Cursor of the application's page; empty for the first one.
    af_string_t cursor;
    /// Records of that page that were taken before.
    uint64_t skip;
    /// Size of that page, if it must be asked for in the same size, because it was cut; else 0.
    uint64_t size;
    /// Largest page worth asking for, learnt from one that was cut by bytes; else 0.
    uint64_t cap;
    /// Records taken in all calls.
    uint64_t done;
} state_t;

enum { KIND, ENTITY, PLACE, SKIP, SIZE, CAP, DONE, PARTS };

static af_error_t *resume(const af_query_request_t *request, state_t *state) {
    *state = (state_t){0};
    if (!request->token.is_some || request->token.val.len == 0) return NULL;
    af_string_t parts[PARTS];
    AF_TRY(af_token_decode(request->token.val, parts, PARTS));
    bool good = af_is(parts[KIND], "cursor") && af_equal(parts[ENTITY], request->entity) &&
                number(parts[SKIP], &state->skip) && number(parts[DONE], &state->done) &&
                (parts[SIZE].len == 0 || number(parts[SIZE], &state->size)) &&
                (parts[CAP].len == 0 || number(parts[CAP], &state->cap)) && state->skip <= UINT32_MAX &&
                state->size <= UINT32_MAX && state->cap <= UINT32_MAX;
    state->cursor = parts[PLACE];
    return good ? NULL : foreign();
}

static af_error_t *go_on(const af_query_request_t *request, const state_t *state, af_option_string_t *next) {
    af_string_t none = AF("");
    af_string_t parts[PARTS] = {
        [KIND] = AF("cursor"),
        [ENTITY] = request->entity,
        [PLACE] = state->cursor,
        [SKIP] = digits(state->skip),
        [SIZE] = state->size == 0 ? none : digits(state->size),
        [CAP] = state->cap == 0 ? none : digits(state->cap),
        [DONE] = digits(state->done),
    };
    next->is_some = true;
    return af_token_encode(parts, PARTS, &next->val);
}

static uint64_t least(uint64_t one, uint64_t other) { return one < other ? one : other; }

/// Picks for the fields that were asked for.
static af_page_list_field_pick_t picks(const af_query_request_t *request, const af_pages_t *pages) {
    af_page_list_field_pick_t chosen = {AF_NEW(af_pick_t, pages->pick_count), 0};
    for (size_t index = 0; index < pages->pick_count; index++) {
        bool wanted = request->fields.len == 0;
        for (size_t field = 0; field < request->fields.len && !wanted; field++)
            wanted = af_equal(request->fields.ptr[field], pages->picks[index].name);
        if (wanted) chosen.ptr[chosen.len++] = pages->picks[index];
    }
    return chosen;
}

/// Emits the records of an answer from `skip` to before `end` one by one, where a LIMIT ends within it.
static af_error_t *emit_some(af_response_t answer, const char *records, af_page_list_field_pick_t fields, uint64_t skip,
                             uint64_t end, af_page_emitted_t *emitted) {
    for (uint64_t index = skip; index < end; index++) {
        af_string_t place = af_format("%s/%llu", records, (unsigned long long)index);
        af_option_string_t value = {0};
        af_record_t record = {0};
        bool taken = false;
        if (fields.len == 0) {
            AF_TRY(af_json_at(answer, place, &value));
            if (!value.is_some)
                return af_failed(AF_ERROR_CODE_SERVER_ERROR, "a record of the application's answer is missing");
            af_error_t error = {0};
            AF_TRY(af_checked(af_page_emit(&value.val, &taken, &error), &error));
        } else {
            for (size_t field = 0; field < fields.len; field++) {
                const char *slash = fields.ptr[field].path.len > 0 && fields.ptr[field].path.ptr[0] == '/' ? "" : "/";
                af_string_t path = fields.ptr[field].path;
                // A plain key may hold what means something in a pointer (RFC 6901, section 3).
                if (*slash != 0) {
                    af_string_t escaped = {af_alloc(2 * path.len, 1), 0};
                    for (size_t at = 0; at < path.len; at++) {
                        bool special = path.ptr[at] == '~' || path.ptr[at] == '/';
                        escaped.ptr[escaped.len++] = special ? '~' : path.ptr[at];
                        if (special) escaped.ptr[escaped.len++] = path.ptr[at] == '~' ? '0' : '1';
                    }
                    path = escaped;
                }
                af_string_t pointer = af_format("%.*s%s%.*s", AF_PRINT(place), slash, AF_PRINT(path));
                AF_TRY(af_json_at(answer, pointer, &value));
                if (value.is_some) af_record_json(&record, af_chars(fields.ptr[field].name), value.val);
            }
            AF_TRY(af_emit(&record, &taken));
        }
        if (!taken) break;
        emitted->taken++;
    }
    emitted->left = (uint32_t)(end - skip - emitted->taken);
    emitted->total = (uint32_t)end;
    return NULL;
}

/// Hands the records of an answer to the host, but no more than a LIMIT still allows.
static af_error_t *hand_over(const af_query_request_t *request, const af_pages_t *pages, af_response_t answer,
                             const state_t *state, af_page_emitted_t *emitted) {
    const char *records = pages->records == NULL ? "" : pages->records;
    af_page_list_field_pick_t fields = picks(request, pages);
    uint64_t wanted = limit(request) == UINT64_MAX ? UINT64_MAX : limit(request) - state->done;
    if (wanted <= UINT32_MAX) {
        uint64_t end = state->skip + wanted;
        af_option_string_t beyond = {0};
        AF_TRY(af_json_at(answer, af_format("%s/%llu", records, (unsigned long long)end), &beyond));
        if (beyond.is_some) return emit_some(answer, records, fields, state->skip, end, emitted);
    }
    af_string_t pointer = af_string(records);
    af_error_t error = {0};
    af_page_borrow_response_t body = af_http_borrow_response(answer);
    return af_checked(af_page_emit_json(body, &pointer, &fields, (uint32_t)state->skip, emitted, &error), &error);
}

/// Whether the page has room for one more page of the application, as far as the last one tells.
static bool worth_another(const af_page_space_t *before, const af_page_space_t *after, uint32_t slowest) {
    if (after->records_left == 0 || after->bytes_left == 0) return false;
    if (after->millis_left < 2 * (uint64_t)slowest + TIME_RESERVE_MILLIS) return false;
    return after->bytes_left >= before->bytes_left - least(before->bytes_left, after->bytes_left);
}

af_error_t *af_follow(const af_query_request_t *request, const af_pages_t *pages, af_fetch_t *fetch, void *data,
                      af_option_string_t *next) {
    if (!pages->filtered) AF_TRY(refuse_condition(request));
    state_t state;
    AF_TRY(resume(request, &state));
    uint32_t slowest = 0;
    bool progress = false;
    while (state.done < limit(request)) {
        af_page_space_t before, after;
        af_page_room(&before);
        af_place_t at = {.cursor = state.cursor};
        uint64_t size = pages->page_size == 0 ? PAGE_SIZE : pages->page_size;
        if (state.cap > 0) size = least(size, state.cap);
        size = least(size, before.records_left == 0 ? 1 : before.records_left);
        if (limit(request) != UINT64_MAX) size = least(size, limit(request) - state.done);
        at.size = (uint32_t)(state.size > 0 ? state.size : size);

        af_response_t answer;
        af_option_string_t ahead = {0};
        af_page_emitted_t emitted = {0};
        AF_TRY(fetch(&at, data, &answer));
        AF_TRY(af_ensure_ok(answer));
        if (af_status(answer) == 204) return NULL;
        AF_TRY(af_text_at(answer, pages->cursor, &ahead));
        AF_TRY(hand_over(request, pages, answer, &state, &emitted));
        af_close(answer);

        state.done += emitted.taken;
        af_page_room(&after);
        if (state.done >= limit(request)) return NULL;
        if (emitted.left > 0) {
            if (emitted.taken == 0 && !progress) return no_progress();
            // Too many bytes for one answer: ask for no more than did fit next time.
            if (after.records_left > 0 && after.millis_left > 0 && !progress) state.cap = emitted.taken;
            state.skip += emitted.taken;
            state.size = at.size;
            return go_on(request, &state, next);
        }
        progress = true;
        if (!ahead.is_some || ahead.val.len == 0) return NULL;
        if (af_equal(ahead.val, at.cursor))
            return af_failed(AF_ERROR_CODE_SERVER_ERROR,
                             "the application's next page is one that was read already; stopped, as it would never end");
        state.cursor = ahead.val;
        state.skip = 0;
        state.size = 0;
        uint32_t took = before.millis_left > after.millis_left ? before.millis_left - after.millis_left : 0;
        slowest = took > slowest ? took : slowest;
        if (!worth_another(&before, &after, slowest)) return go_on(request, &state, next);
    }
    return NULL;
}
#endif
