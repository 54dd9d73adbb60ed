/* Preloaded into the command: counts what it does to files below one folder, and lets one of these operations fail.
 *
 * faults_begin(root, log, at, action, error) starts it: operation number `at` is
 *   1 KILL   not done, and the process killed
 *   2 POWER  the same, and bytes that were not made durable by then are cut off: a power cut
 *   3 FAIL   refused with `error`, once
 *   4 FULL   refused with `error`, as is every one after it that needs room (a disk that is full, or gone)
 *   5 PAUSE  done once the file "LOG.go" is there, or a second and a half later
 * Each operation is a line of the log: number, name, path. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NONE, KILL, POWER, FAIL, FULL, PAUSE };
enum { FILES = 512 };

static struct { char path[512]; off_t durable; int dirty; } files[FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[1024], cwd[1024], go[1100];
static long at, count;
static int action, error_number, log_handle = -1;
static pid_t owner;

static int on(void) { return owner && owner == (pid_t)syscall(SYS_getpid); }

static const char *absolute(int folder, const char *path, char *out) {
    char link[64], base[1024];
    if (path[0] == '/') { snprintf(out, 1024, "%s", path); return out; }
    ssize_t size = -1;
    if (folder != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        size = readlink(link, base, sizeof base - 1);
    }
    if (size >= 0) base[size] = 0;
    snprintf(out, 1024, "%.500s/%.500s", size >= 0 ? base : cwd, path);
    return out;
}

static const char *of_handle(int handle, char *out) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, out, 1023);
    out[size < 0 ? 0 : size] = 0;
    return out;
}

static int below(const char *path) { return strncmp(path, root, strlen(root)) == 0; }

static int slot(const char *path, int make) {
    int empty = -1;
    for (int i = 0; i < FILES; i++) {
        if (!strcmp(files[i].path, path)) return i;
        if (empty < 0 && !files[i].path[0]) empty = i;
    }
    if (!make || empty < 0) return -1;
    struct stat is;
    snprintf(files[empty].path, sizeof files[empty].path, "%s", path);
    files[empty].durable = stat(path, &is) == 0 ? is.st_size : 0;
    files[empty].dirty = 0;
    return empty;
}

static void cut_power(void) {
    for (int i = 0; i < FILES; i++)
        if (files[i].path[0] && files[i].dirty && !strstr(files[i].path, "-shm"))
            syscall(SYS_truncate, files[i].path, files[i].durable);
}

/* 0: go on; 1: refuse, errno is set. */
static int step(const char *name, const char *path, int needs_room) {
    char line[1200];
    if (!on() || !below(path)) return 0;
    pthread_mutex_lock(&lock);
    long number = ++count;
    int size = snprintf(line, sizeof line, "%ld %s %s\n", number, name, path + strlen(root));
    if (log_handle >= 0) syscall(SYS_write, log_handle, line, size);
    int refused = (number == at && action == FAIL) || (number >= at && action == FULL && needs_room);
    if (number == at && (action == KILL || action == POWER)) {
        if (action == POWER) cut_power();
        kill(owner, SIGKILL);
    }
    pthread_mutex_unlock(&lock);
    if (number == at && action == PAUSE)
        for (int i = 0; i < 300 && syscall(SYS_access, go, F_OK) != 0; i++) usleep(5000);
    if (refused) errno = error_number;
    return refused;
}

static void written(const char *path) {
    if (!on() || !below(path)) return;
    int i = slot(path, 1);
    if (i >= 0) files[i].dirty = 1;
}

static void durable(const char *path) {
    struct stat is;
    int i = on() && below(path) ? slot(path, 0) : -1;
    if (i < 0) return;
    files[i].durable = stat(path, &is) == 0 ? is.st_size : 0;
    files[i].dirty = 0;
}

static void renamed(const char *from, const char *to) {
    int old = slot(to, 0), i = slot(from, 0);
    if (old >= 0) files[old].path[0] = 0;
    if (i >= 0) snprintf(files[i].path, sizeof files[i].path, "%s", to);
}

static void gone(const char *path) {
    int i = slot(path, 0);
    if (i >= 0) files[i].path[0] = 0;
}

void faults_begin(const char *folder, const char *log, long number, int what, int error) {
    snprintf(root, sizeof root, "%s/", folder);
    if (!getcwd(cwd, sizeof cwd)) cwd[0] = 0;
    log_handle = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    snprintf(go, sizeof go, "%s.go", log);
    memset(files, 0, sizeof files);
    at = number; action = what; error_number = error; count = 0;
    owner = syscall(SYS_getpid);
}

void faults_end(void) { owner = 0; }

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name, folder, ...)                                                                               \
    va_list more;                                                                                             \
    va_start(more, flags);                                                                                    \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;                                   \
    va_end(more);                                                                                             \
    char full[1024];                                                                                          \
    int writes = flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR);                                             \
    if (on() && writes && step("open", absolute(folder, path, full), flags & O_CREAT)) return -1;             \
    if (on() && writes && flags & O_TRUNC && below(absolute(folder, path, full))) {                           \
        int i = slot(full, 1);                                                                                \
        if (i >= 0) { files[i].durable = 0; files[i].dirty = 1; }                                             \
    }                                                                                                         \
    REAL(name);                                                                                               \
    return real(__VA_ARGS__, mode)

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD, path, flags); }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD, path, flags); }
int openat(int folder, const char *path, int flags, ...) { OPEN(openat, folder, folder, path, flags); }
int openat64(int folder, const char *path, int flags, ...) { OPEN(openat64, folder, folder, path, flags); }

#define WRITE(name, ...)                                                                                      \
    char path[1024] = "";                                                                                     \
    if (on() && step("write", of_handle(handle, path), 1)) return -1;                                         \
    if (path[0]) written(path);                                                                               \
    REAL(name);                                                                                               \
    return real(__VA_ARGS__)

ssize_t write(int handle, const void *data, size_t size) { WRITE(write, handle, data, size); }
ssize_t pwrite(int handle, const void *data, size_t size, off_t where) { WRITE(pwrite, handle, data, size, where); }
ssize_t pwrite64(int handle, const void *data, size_t size, off64_t where) {
    WRITE(pwrite64, handle, data, size, where);
}
ssize_t writev(int handle, const struct iovec *parts, int number) { WRITE(writev, handle, parts, number); }
int ftruncate(int handle, off_t size) { WRITE(ftruncate, handle, size); }
int ftruncate64(int handle, off64_t size) { WRITE(ftruncate64, handle, size); }

#define SYNC(name)                                                                                            \
    char path[1024] = "";                                                                                     \
    if (on() && step("sync", of_handle(handle, path), 0)) return -1;                                          \
    REAL(name);                                                                                               \
    int result = real(handle);                                                                                \
    if (path[0]) durable(path);                                                                               \
    return result

int fsync(int handle) { SYNC(fsync); }
int fdatasync(int handle) { SYNC(fdatasync); }

#define RENAME(name, from_folder, to_folder, ...)                                                             \
    char full_from[1024], full_to[1024];                                                                      \
    if (on()) {                                                                                               \
        absolute(from_folder, from, full_from);                                                               \
        if (step("rename", absolute(to_folder, to, full_to), 0)) return -1;                                   \
        if (below(full_to)) renamed(full_from, full_to);                                                      \
    }                                                                                                         \
    REAL(name);                                                                                               \
    return real(__VA_ARGS__)

int rename(const char *from, const char *to) { RENAME(rename, AT_FDCWD, AT_FDCWD, from, to); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    RENAME(renameat, from_folder, to_folder, from_folder, from, to_folder, to);
}

#define UNLINK(name, folder, ...)                                                                             \
    char full[1024];                                                                                          \
    if (on()) {                                                                                               \
        if (step("unlink", absolute(folder, path, full), 0)) return -1;                                       \
        if (below(full)) gone(full);                                                                          \
    }                                                                                                         \
    REAL(name);                                                                                               \
    return real(__VA_ARGS__)

int unlink(const char *path) { UNLINK(unlink, AT_FDCWD, path); }
int unlinkat(int folder, const char *path, int flags) { UNLINK(unlinkat, folder, folder, path, flags); }

int mkdir(const char *path, mode_t mode) {
    char full[1024];
    if (on() && step("mkdir", absolute(AT_FDCWD, path, full), 1)) return -1;
    REAL(mkdir);
    return real(path, mode);
}

int symlink(const char *target, const char *path) {
    char full[1024];
    if (on() && step("symlink", absolute(AT_FDCWD, path, full), 1)) return -1;
    REAL(symlink);
    return real(target, path);
}
