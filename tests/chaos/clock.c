/* Preloaded into a process, lets a test step its wall clock: eight bytes of a file named by its
   process id are nanoseconds, added to every reading. The monotonic clock goes on as it was, as it
   does when an operator sets the clock of a machine. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

typedef int (*reading)(clockid_t, struct timespec *);

static volatile int64_t *step;
static reading real;

__attribute__((constructor)) static void begin(void) {
  real = (reading)dlsym(RTLD_NEXT, "clock_gettime");
  const char *folder = getenv("OUTSCOPE_CHAOS_CLOCKS");
  char path[4096];
  if (folder == NULL || snprintf(path, sizeof path, "%s/%d", folder, getpid()) >= (int)sizeof path)
    return;
  int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof *step) != 0) return;
  void *found = mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (found != MAP_FAILED) step = found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (real == NULL) real = (reading)dlsym(RTLD_NEXT, "clock_gettime");
  int failed = real(clock, now);
  if (failed || step == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
    return failed;
  int64_t stepped = now->tv_sec * SECOND + now->tv_nsec + *step;
  now->tv_sec = stepped / SECOND;
  now->tv_nsec = stepped % SECOND;
  return 0;
}

int gettimeofday(struct timeval *now, void *zone) {
  (void)zone;
  struct timespec read;
  int failed = clock_gettime(CLOCK_REALTIME, &read);
  now->tv_sec = read.tv_sec;
  now->tv_usec = read.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *now) {
  struct timespec read;
  clock_gettime(CLOCK_REALTIME, &read);
  if (now != NULL) *now = read.tv_sec;
  return read.tv_sec;
}
