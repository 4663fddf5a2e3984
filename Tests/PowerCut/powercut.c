// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

// A disk that can lose its power, and fail, preloaded into a process that uses SQLite (`LD_PRELOAD`; Linux with the GNU C library).
//
// Of each sector of 512 bytes that was written since the last `fsync` of its file, the contents are kept that are safe on the
// disk. When the power goes, each such sector has either those or the new ones, by chance, and the process ends at once. A
// `fsync` that fails is what it is on Linux: the system forgets what it could not write, and the next `fsync` succeeds without it.
//
//   POWERCUT_FILE      the database; its write-ahead log is watched too
//   POWERCUT_SEED      what chance is drawn from
//   POWERCUT_AT        the write at which the power goes, counted from 1; 0 for never
//   POWERCUT_FAIL_AT   the call (write, truncation or fsync) that fails, counted from 1; 0 for none
//   POWERCUT_ERRNO     with which error; 0 for a write that is cut short
//   POWERCUT_AT_EXIT   if set, the power goes when the process exits
//
// `X` on a line of standard output tells that a call has failed.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, FILES = 2, DESCRIPTORS = 1024 };

typedef struct {
    unsigned char safe[SECTOR];  // what the disk has
    int isDirty;                 // the system still means to write the new contents
} Sector;

typedef struct {
    char path[4096];
    Sector **sectors;
    size_t count;
    off_t safeSize;
} File;

static File files[FILES];
static signed char fileOf[DESCRIPTORS];  // 0 for none, else its number + 1
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t chance;
static long writes, calls, cutAt, failAt;
static int failure, cutsAtExit;

static int (*realOpen)(const char *, int, ...);
static int (*realClose)(int);
static ssize_t (*realPwrite)(int, const void *, size_t, off_t);
static int (*realTruncate)(int, off_t);
static int (*realUnlink)(const char *);

static uint64_t draw(void) {
    chance += 0x9E3779B97F4A7C15u;
    uint64_t bits = chance;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
    return bits ^ (bits >> 31);
}

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

__attribute__((constructor)) static void begin(void) {
    realOpen = dlsym(RTLD_NEXT, "open64");
    realClose = dlsym(RTLD_NEXT, "close");
    realPwrite = dlsym(RTLD_NEXT, "pwrite64");
    realTruncate = dlsym(RTLD_NEXT, "ftruncate64");
    realUnlink = dlsym(RTLD_NEXT, "unlink");
    const char *path = getenv("POWERCUT_FILE");
    if (path) {
        snprintf(files[0].path, sizeof files[0].path, "%s", path);
        snprintf(files[1].path, sizeof files[1].path, "%s-wal", path);
    }
    chance = (uint64_t)number("POWERCUT_SEED") * 0x2545F4914F6CDD1Du;
    cutAt = number("POWERCUT_AT");
    failAt = number("POWERCUT_FAIL_AT");
    failure = (int)number("POWERCUT_ERRNO");
    cutsAtExit = getenv("POWERCUT_AT_EXIT") != NULL;
}

static off_t sizeOf(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

static File *watched(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !fileOf[descriptor]) return NULL;
    return &files[fileOf[descriptor] - 1];
}

/// Keeps what the disk has of a range, before it is written over. The new contents heal what a failed fsync has lost.
static void keep(File *file, int descriptor, off_t start, off_t end) {
    for (size_t at = (size_t)start / SECTOR; at <= (size_t)(end - 1) / SECTOR && end > start; at++) {
        if (at >= file->count) {
            size_t count = (at + 1) * 2;
            file->sectors = realloc(file->sectors, count * sizeof *file->sectors);
            memset(file->sectors + file->count, 0, (count - file->count) * sizeof *file->sectors);
            file->count = count;
        }
        if (!file->sectors[at]) {
            file->sectors[at] = calloc(1, sizeof **file->sectors);
            // Beyond the end there are zeros.
            if (pread64(descriptor, file->sectors[at]->safe, SECTOR, (off_t)at * SECTOR) < 0) abort();
        }
        file->sectors[at]->isDirty = 1;
    }
}

/// The disk has everything of a file that the system has not forgotten.
static void makeSafe(File *file, int descriptor) {
    for (size_t at = 0; at < file->count; at++) {
        if (!file->sectors[at] || !file->sectors[at]->isDirty) continue;
        free(file->sectors[at]);
        file->sectors[at] = NULL;
    }
    file->safeSize = sizeOf(descriptor);
}

static void forget(File *file) {
    for (size_t at = 0; at < file->count; at++)
        if (file->sectors[at]) file->sectors[at]->isDirty = 0;
}

/// Leaves of each file what chance has brought to the disk.
static void cut(void) {
    for (int index = 0; index < FILES; index++) {
        File *file = &files[index];
        int descriptor = realOpen(file->path, O_RDWR);
        if (descriptor < 0) continue;
        // Sometimes nothing of it got there, sometimes most.
        uint64_t share = draw() % 4;
        off_t end = sizeOf(descriptor), keptEnd = file->safeSize, last = end > keptEnd ? end : keptEnd;
        for (size_t at = 0; at < file->count; at++) {
            Sector *sector = file->sectors[at];
            if (!sector) continue;
            off_t place = (off_t)at * SECTOR;
            if (sector->isDirty && draw() % 4 < share) {
                if (place + SECTOR > keptEnd) keptEnd = place + SECTOR;
            } else {
                off_t length = last - place < SECTOR ? last - place : SECTOR;
                if (length > 0 && realPwrite(descriptor, sector->safe, (size_t)length, place) < 0) abort();
            }
        }
        if (keptEnd < end && realTruncate(descriptor, keptEnd) < 0) abort();
        realClose(descriptor);
    }
}

/// Counts a call with the lock held; the error with which it is to fail, -1 to be cut short, or 0.
static int failureNow(int canBeShort) {
    calls++;
    if (failAt == 0 || calls != failAt) return 0;
    if (failure == 0 && !canBeShort) return 0;
    (void)!write(STDOUT_FILENO, "X\n", 2);
    return failure == 0 ? -1 : failure;
}

__attribute__((destructor)) static void end(void) {
    pthread_mutex_lock(&lock);
    if (cutsAtExit) cut();
    pthread_mutex_unlock(&lock);
}

// What SQLite calls.

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = (flags & O_CREAT) ? va_arg(rest, int) : 0;
    va_end(rest);
    int descriptor = realOpen(path, flags, mode);
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        pthread_mutex_lock(&lock);
        fileOf[descriptor] = 0;
        for (int index = 0; index < FILES; index++) {
            if (strcmp(path, files[index].path) != 0) continue;
            fileOf[descriptor] = (signed char)(index + 1);
            // What it was opened with first is on the disk.
            if (!files[index].sectors && files[index].safeSize == 0) files[index].safeSize = sizeOf(descriptor);
        }
        pthread_mutex_unlock(&lock);
    }
    return descriptor;
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS) {
        pthread_mutex_lock(&lock);
        fileOf[descriptor] = 0;
        pthread_mutex_unlock(&lock);
    }
    return realClose(descriptor);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t place) {
    pthread_mutex_lock(&lock);
    File *file = watched(descriptor);
    ssize_t result;
    int error = file ? failureNow(count > 1) : 0;
    if (error > 0) {
        errno = error;
        result = -1;
    } else {
        if (error < 0) count /= 2;
        if (file) keep(file, descriptor, place, place + (off_t)count);
        result = realPwrite(descriptor, bytes, count, place);
        if (file && ++writes == cutAt) {
            cut();
            _exit(137);
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int descriptor, off_t size) {
    pthread_mutex_lock(&lock);
    File *file = watched(descriptor);
    int error = file ? failureNow(0) : 0, result = -1;
    if (error > 0) {
        errno = error;
    } else {
        if (file) keep(file, descriptor, size, sizeOf(descriptor));
        result = realTruncate(descriptor, size);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

/// Nothing is really written through: the power goes in this library only.
int fsync(int descriptor) {
    pthread_mutex_lock(&lock);
    File *file = watched(descriptor);
    int error = file ? failureNow(0) : 0;
    if (error > 0) {
        forget(file);
        errno = error;
    } else if (file) {
        makeSafe(file, descriptor);
    }
    pthread_mutex_unlock(&lock);
    return error > 0 ? -1 : 0;
}

int fdatasync(int descriptor) { return fsync(descriptor); }

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    for (int index = 0; index < FILES; index++) {
        if (strcmp(path, files[index].path) != 0) continue;
        for (size_t at = 0; at < files[index].count; at++) free(files[index].sectors[at]);
        free(files[index].sectors);
        files[index].sectors = NULL;
        files[index].count = 0;
        files[index].safeSize = 0;
    }
    int result = realUnlink(path);
    pthread_mutex_unlock(&lock);
    return result;
}

// The same calls where offsets are 64 bits wide anyway.

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = (flags & O_CREAT) ? va_arg(rest, int) : 0;
    va_end(rest);
    return open64(path, flags, mode);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t place) {
    return pwrite64(descriptor, bytes, count, place);
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }
