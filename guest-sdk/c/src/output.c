// What is printed goes to the operator's log, line by line.
//
// These functions take the place of the C library's own, which can also write to sockets and so ask for `wasi:sockets`,
// which the host has not. There are no other files to write to.

#ifdef __wasm__
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "appflow_connector.h"

/// A line that has not ended yet, of standard output and of standard error.
static struct {
    char text[1024];
    size_t len;
} lines[2];

static void end_line(int file) {
    size_t index = (size_t)file - STDOUT_FILENO;
    if (lines[index].len > 0)
        af_log(file == STDERR_FILENO ? AF_LOG_LEVEL_WARN : AF_LOG_LEVEL_INFO, "%.*s", (int)lines[index].len,
               lines[index].text);
    lines[index].len = 0;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (file != STDOUT_FILENO && file != STDERR_FILENO) {
        errno = EBADF;
        return -1;
    }
    size_t index = (size_t)file - STDOUT_FILENO;
    ssize_t written = 0;
    for (int part = 0; part < count; part++) {
        const char *bytes = parts[part].iov_base;
        for (size_t at = 0; at < parts[part].iov_len; at++) {
            if (bytes[at] == '\n' || lines[index].len == sizeof lines[index].text) end_line(file);
            if (bytes[at] != '\n') lines[index].text[lines[index].len++] = bytes[at];
        }
        written += (ssize_t)parts[part].iov_len;
    }
    return written;
}

ssize_t write(int file, const void *bytes, size_t count) {
    struct iovec part = {(void *)bytes, count};
    return writev(file, &part, 1);
}

// The library calls these by their inner names.

off_t __lseek(int file, off_t offset, int from) {
    (void)file, (void)offset, (void)from;
    errno = ESPIPE;
    return -1;
}

int close(int file) {
    (void)file;
    return 0;
}

/// True, so that lines are written when they end and not when the call does.
int __isatty(int file) { return file == STDOUT_FILENO || file == STDERR_FILENO; }
#endif
