// The connector's logic, page by page, with a host in memory.

#include <string.h>

#include "fake_host.h"

int main(void) {
    static const af_context_t CONTEXT = {0};
    for (uint32_t limit = 1; limit <= 6; limit++) {
        size_t records = 0;
        af_query_request_t request = {.entity = AF("greeting"), .limit = limit};
        do {
            af_option_string_t next = {0};
            fake_begin(limit);
            EXPECT(connector_query(&CONTEXT, &request, &next) == NULL);
            EXPECT(fake.count <= limit);
            if (records <= 1 && records + fake.count > 1)
                EXPECT(strcmp(fake.records[1 - records], "{\"id\":1,\"text\":\"Hello, Barbara!\"}") == 0);
            records += fake.count;
            request.token = next;
        } while (request.token.is_some);
        EXPECT(records == 5);
    }

    af_query_request_t request = {.entity = AF("greeting"), .token = af_some(AF("rubbish"))};
    af_option_string_t next = {0};
    af_error_t *error = connector_query(&CONTEXT, &request, &next);
    EXPECT(error != NULL && error->val.failed.code == AF_ERROR_CODE_INVALID_ARGUMENT);
    printf("greetings come page by page\n");
    return 0;
}
