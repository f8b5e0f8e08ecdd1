/// A host in memory, for tests of a connector's logic on the machine it is written on: `make test` links it in place of the
/// imports and runs `main` of `test.c`, with the sanitizers for addresses and undefined behaviour.
#ifndef APPFLOW_FAKE_HOST_H
#define APPFLOW_FAKE_HOST_H

#include <stdio.h>
#include <stdlib.h>

#include "appflow_connector.h"

/// Ends the test unless the condition holds.
#define EXPECT(condition)                                                                                              \
    ((condition) ? (void)0 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition), exit(1)))

/// What the application answers.
typedef struct {
    /// Status of the answer.
    uint16_t status;
    /// JSON body; NULL for none.
    const char *body;
} fake_answer_t;

/// The application: the answer to a request.
typedef fake_answer_t fake_application_t(const af_request_t *request);

/// The host, to be set and looked at between calls.
typedef struct {
    /// The application; NULL answers 404.
    fake_application_t *application;
    /// Records a page takes.
    uint32_t limit;
    /// Bytes of records a page takes.
    uint32_t bytes;
    /// Records of the page, as NUL-terminated JSON.
    char *records[10000];
    /// Number of records in the page.
    size_t count;
    /// Bytes of the records in the page.
    size_t used;
    /// Requests sent.
    size_t requests;
    /// Address of the last request.
    char *url;
    /// Answers that were not closed.
    size_t open;
    /// The last line of the log.
    char *log;
} fake_host_t;

/// The one host.
extern fake_host_t fake;

/// Begins a call with an empty page that takes so many records.
void fake_begin(uint32_t limit);
/// The message of an error as NUL-terminated text; "" for none.
const char *fake_message(const af_error_t *error);
#endif
