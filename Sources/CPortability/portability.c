/* What Debian's static libraries ask of glibc and other systems' glibc does not have, or not so. Released products are linked so
 * that these take the place of glibc's names (scripts/build-release.sh); others do not use them. */
#define _GNU_SOURCE
#include "portability.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

/* Static HDF5 is compiled for programs, which may reach glibc's streams directly; code in a shared library may not. */
FILE *library_stderr;
FILE *library_stdout;

static double (*system_hypot)(double, double);
static float (*system_hypotf)(float, float);

static FILE *stream(const char *name) {
  FILE **address = (FILE **)dlsym(RTLD_DEFAULT, name);
  return address ? *address : NULL;
}

/* Before any other initialisation. */
__attribute__((constructor(101))) static void find_symbols(void) {
  library_stderr = stream("stderr");
  library_stdout = stream("stdout");
  system_hypot = (double (*)(double, double))dlsym(RTLD_DEFAULT, "hypot");
  system_hypotf = (float (*)(float, float))dlsym(RTLD_DEFAULT, "hypotf");
}

/* Linking by name would ask for the version of glibc 2.35; whatever version there is will do. */
double library_hypot(double x, double y) { return system_hypot ? system_hypot(x, y) : sqrt(x * x + y * y); }

float library_hypotf(float x, float y) {
  return system_hypotf ? system_hypotf(x, y) : (float)sqrt((double)x * x + (double)y * y);
}

/* New in glibc 2.36. */
void library_arc4random_buf(void *buffer, size_t count) {
  char *place = buffer;
  while (count > 0) {
    ssize_t got = getrandom(place, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) abort();
    place += got;
    count -= (size_t)got;
  }
}

uint32_t library_arc4random(void) {
  uint32_t value;
  library_arc4random_buf(&value, sizeof value);
  return value;
}
