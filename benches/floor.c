/* The floor: the least that any wrapper must do which keeps its child and copies its stderr.
 *
 * usage: floor PROGRAM [ARG...]
 *
 * Runs PROGRAM (a path, no search) with the arguments as they stand and its stderr behind a pipe, copies what comes
 * out of the pipe, and leaves with the same status. No search, no signals, no memory of what passed. It is built as
 * everybody's C is, `cc -O2`, linked dynamically; benches/overhead.rs measures the shim against it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char buffer[64 * 1024];

static int write_all(const char *from, ssize_t left) {
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, from, (size_t)left);
        if (written < 0) return -1;
        from += written;
        left -= written;
    }
    return 0;
}

int main(int argc, char **argv) {
    int ends[2];
    if (argc < 2 || pipe2(ends, O_CLOEXEC) != 0) return 125;

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t child;
    if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1, environ) != 0) return 127;
    close(ends[1]);

    ssize_t got;
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0) {
        if (write_all(buffer, got) != 0) break;
    }

    int status;
    if (waitpid(child, &status, 0) != child) return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
