/* Holds 300 MB for 50 ms, and says in the words of busybox's `time` for how long it truly did. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

static double now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

int main(void) {
    const size_t size = 300000000;
    const struct timespec hold = {0, 50000000};
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return 1;
    double began = now();
    nanosleep(&hold, NULL);
    double held = now() - began;
    munmap(memory, size);
    fprintf(stderr, "held 0m %.4fs\n", held);
    return 0;
}
