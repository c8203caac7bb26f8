/* The target: what stands in for the compiler in benches/overhead.rs. It is as short as a program can be, so that what
 * is measured is the wrapper in front of it.
 *
 *   --stderr-bytes=N       writes N bytes of text lines to stderr, in writes of 64 KiB
 *   --fail-header=NAME     says what GCC 14 says when m.c includes a header of that name that is not there, leaves with 1
 *   --fail-python-h=PATH   the same for Python.h, included by PATH
 *   --version              says a version as GCC does
 *   anything else          nothing at all
 *
 * Options are obeyed as they come, so the first may stand before the second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (64 * 1024)

static const char LINE[] = "include/deep/header.hpp:1234:56: note: template argument deduction/substitution failed\n";

static const char *value_of(const char *argument, const char *option) {
    size_t length = strlen(option);
    return strncmp(argument, option, length) == 0 ? argument + length : NULL;
}

/* The writes do not begin at line ends: a compiler's do not either. */
static int write_lines(unsigned long long left) {
    static char text[CHUNK + sizeof LINE];
    size_t line = sizeof LINE - 1, start = 0;
    for (size_t at = 0; at < CHUNK + line; at++) text[at] = LINE[at % line];
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, text + start, left < CHUNK ? (size_t)left : CHUNK);
        if (written < 0) return 1;
        left -= (unsigned long long)written;
        start = (start + (size_t)written) % line;
    }
    return 0;
}

static int fail_on(const char *source, const char *header) {
    dprintf(STDERR_FILENO,
            "%s:1:10: fatal error: %s: No such file or directory\n"
            "    1 | #include <%s>\n"
            "      |          ^~~~~~~~~~\n"
            "compilation terminated.\n",
            source, header, header);
    return 1;
}

int main(int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        const char *value;
        if ((value = value_of(argv[at], "--stderr-bytes=")) != NULL && write_lines(strtoull(value, NULL, 10)) != 0) return 2;
        if ((value = value_of(argv[at], "--fail-python-h=")) != NULL) return fail_on(value, "Python.h");
        if ((value = value_of(argv[at], "--fail-header=")) != NULL) return fail_on("m.c", value);
        if (strcmp(argv[at], "--version") == 0) return puts("g++ (target of pycc-shim's bench) 14.2.0") < 0;
    }
    return 0;
}
