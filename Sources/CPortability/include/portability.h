#ifndef TRICOT_PORTABILITY_H
#define TRICOT_PORTABILITY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

extern FILE *library_stderr;
extern FILE *library_stdout;

double library_hypot(double x, double y);
float library_hypotf(float x, float y);
uint32_t library_arc4random(void);
void library_arc4random_buf(void *buffer, size_t count);

#endif
