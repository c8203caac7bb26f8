/* A compiler that does what no real one does on demand. What it does is told by arguments that begin with --mock-, in
 * their order; it ends with status 0 unless one says otherwise. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static const char *value(const char *argument, const char *name) {
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

/* N bytes to stderr, as lines of this length or as one, in writes of 64 KiB. */
static void say(size_t bytes, size_t line) {
    static char block[65536];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = line > 0 && i % line == line - 1 ? '\n' : 'x';
    while (bytes > 0) {
        size_t part = bytes < sizeof block ? bytes : sizeof block;
        ssize_t done = write(2, block, part);
        if (done < 0)
            _exit(99);
        bytes -= (size_t)done;
    }
}

static void copy(const char *path, int out) {
    char block[65536];
    int in = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY);
    ssize_t count;
    while ((count = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)count) != count)
            _exit(99);
    if (in != 0)
        close(in);
}

/* Everything that a process inherits, to stdout. */
static void dump(int argc, char **argv) {
    struct winsize size = {0};
    struct rlimit limit;
    sigset_t mask;
    for (int i = 0; i < argc; i++) {
        printf("arg ");
        for (const char *c = argv[i]; *c; c++)
            printf(*c >= ' ' && *c < 127 && *c != '\\' ? "%c" : "\\x%02x", (unsigned char)*c);
        printf("\n");
    }
    for (char **entry = environ; *entry; entry++)
        printf("env %s\n", *entry);
    for (int fd = 0; fd < 256; fd++) {
        struct stat status;
        if (fstat(fd, &status) == 0)
            printf("fd %d%s\n", fd, isatty(fd) ? " terminal" : "");
    }
    umask(umask(0));
    mode_t mode = umask(0);
    printf("umask %03o\n", (unsigned)mode);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number < 32; number++) {
        struct sigaction action;
        if (sigismember(&mask, number) == 1)
            printf("blocked %d\n", number);
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            printf("ignored %d\n", number);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("nofile %lu\n", (unsigned long)limit.rlim_cur);
    printf("leads-group %d\n", getpgrp() == getpid());
    if (ioctl(2, TIOCGWINSZ, &size) == 0)
        printf("columns %d\n", size.ws_col);
    fflush(stdout);
}

static int parents_death(void) {
    int number = 0;
    prctl(PR_GET_PDEATHSIG, &number);
    return number;
}

/* What a process has beside that, to stdout: its limits, where it stands, and what its descriptors are. */
static void dump_process(void) {
    char directory[4096];
    for (int which = 0; which < RLIM_NLIMITS; which++) {
        struct rlimit limit;
        if (getrlimit(which, &limit) == 0)
            printf("limit %d %llu %llu\n", which, (unsigned long long)limit.rlim_cur,
                   (unsigned long long)limit.rlim_max);
    }
    printf("directory %s\n", getcwd(directory, sizeof directory) ? directory : "gone");
    printf("session %d group %d\n", (int)getsid(0), (int)getpgrp());
    printf("nice %d personality %x\n", getpriority(PRIO_PROCESS, 0), (unsigned)personality(0xffffffff));
    printf("dumpable %d parent's death %d\n", prctl(PR_GET_DUMPABLE), parents_death());
    for (int fd = 0; fd < 256; fd++) {
        struct stat status;
        if (fstat(fd, &status) == 0 && fd != 1 && fd != 2)
            printf("descriptor %d type %o flags %o at %ld\n", fd, (unsigned)(status.st_mode & S_IFMT),
                   (unsigned)fcntl(fd, F_GETFL), (long)lseek(fd, 0, SEEK_CUR));
        else if (fd == 1 || fd == 2)
            printf("stream %d type %o flags %o\n", fd, (unsigned)(status.st_mode & S_IFMT),
                   (unsigned)fcntl(fd, F_GETFL));
    }
    fflush(stdout);
}

/* One line in one write. */
static void line(int fd, const char *text) {
    char whole[4096];
    int length = snprintf(whole, sizeof whole, "%s\n", text);
    if (write(fd, whole, (size_t)length) != length)
        _exit(99);
}

static void answer(int number) {
    char text[] = "got 00\n";
    text[4] = (char)('0' + number / 10);
    text[5] = (char)('0' + number % 10);
    if (write(1, text, sizeof text - 1) < 0)
        _exit(99);
    _exit(40 + number);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *text;
        if ((text = value(argv[i], "--mock-stderr-bytes")))
            say(strtoul(text, NULL, 10), 64);
        else if ((text = value(argv[i], "--mock-stderr-flood")))
            say(strtoul(text, NULL, 10), 0);
        else if ((text = value(argv[i], "--mock-stderr-of")))
            copy(text, 2);
        else if ((text = value(argv[i], "--mock-exit")))
            return atoi(text);
        else if ((text = value(argv[i], "--mock-signal"))) {
            struct rlimit none = {0, 0};
            setrlimit(RLIMIT_CORE, &none);
            signal(atoi(text), SIG_DFL);
            raise(atoi(text));
        } else if ((text = value(argv[i], "--mock-answer"))) {
            /* Waits for that signal, says so and exits with 40 + its number. */
            signal(atoi(text), answer);
            if (write(1, "ready\n", 6) < 0)
                return 99;
            for (;;)
                pause();
        } else if ((text = value(argv[i], "--mock-while"))) {
            while (access(text, F_OK) == 0)
                usleep(1000);
        } else if (strcmp(argv[i], "--mock-stdin") == 0)
            copy("-", 1);
        else if (strcmp(argv[i], "--mock-dump") == 0)
            dump(argc, argv);
        else if (strcmp(argv[i], "--mock-dump-process") == 0)
            dump_process();
        else if ((text = value(argv[i], "--mock-stdout-line")))
            line(1, text);
        else if ((text = value(argv[i], "--mock-stderr-line")))
            line(2, text);
        else if (strcmp(argv[i], "--mock-daemon") == 0) {
            /* A daemon keeps our stderr open until the file named by the environment is gone. */
            if (fork() == 0) {
                setsid();
                close(0);
                close(1);
                while (access(getenv("MOCK_DAEMON_LIVES"), F_OK) == 0)
                    usleep(10000);
                _exit(0);
            }
        }
    }
    return 0;
}
