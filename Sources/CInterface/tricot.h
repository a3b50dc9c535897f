/* Tricot's C interface: a model from its file to firmware, for languages that are not Swift. Python's package is built on it.
 *
 * Handles are numbers; a wrong one is refused, 0 is none. All functions may be called from any thread, several at once.
 * Text is UTF-8. Text that a function gives belongs to the caller, who ends it with tricot_text_release; "problem" is such a
 * text, a JSON object {severity, code, message, file, place, notes, hint}, or null where all went well. */
#ifndef TRICOT_H
#define TRICOT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What functions return that may fail. */
enum { TRICOT_FINE = 0, TRICOT_REFUSED = 1, TRICOT_CANCELLED = 2 };

char *tricot_version(void);
void tricot_text_release(char *text);

/* Closes a handle of any kind; what is under way with it goes on to its end. */
void tricot_close(int64_t handle);

/* Opens a compilation. Options are a JSON object: "model", and the options of the command line in snake case, such as
 * "weight_bits": 8. Whatever they name is looked up among the files in memory first, then on disk. Nothing is read yet. */
int32_t tricot_compilation_open(const char *options, int64_t file_count, const char *const *names,
                                const uint8_t *const *contents, const int64_t *sizes, int64_t *compilation,
                                char **problem);

/* Warnings and notes so far: a JSON list of problems. */
int32_t tricot_compilation_findings(int64_t compilation, char **list, char **problem);

/* The outputs of the firmware for some events, to the bit: as numbers, or as the integers on its ports. Inputs are the
 * numbers of one event after the other, and so are the outputs; room counts the numbers that there is room for. */
int32_t tricot_simulate(int64_t compilation, const double *inputs, int64_t input_count, int64_t events, double *outputs,
                        int64_t room, char **problem);
int32_t tricot_simulate_raw(int64_t compilation, const double *inputs, int64_t input_count, int64_t events,
                            int64_t *outputs, int64_t room, char **problem);

/* The trained model's outputs in floating point. */
int32_t tricot_evaluate(int64_t compilation, const double *inputs, int64_t input_count, int64_t events, double *outputs,
                        int64_t room, char **problem);

/* The outputs of every layer: a trace, its layers as a JSON list of {layer, shape}, and the numbers of one of them. */
int32_t tricot_trace_open(int64_t compilation, const double *inputs, int64_t input_count, int64_t events,
                          int64_t *trace, char **problem);
int32_t tricot_trace_layers(int64_t trace, char **list, char **problem);
int32_t tricot_trace_values(int64_t trace, int64_t layer, double *values, int64_t room, char **problem);

/* Work that may take its time goes on in threads of the library's own. A request is a JSON object with an "action":
 *
 *   describe                                   the trained model: layers and shapes
 *   inspect                                    the quantised model: layers, types, ranges
 *   estimate   backend, synthesize             latency and resources
 *   compile    output, backend, replace        a firmware project
 *   verify     backend, samples                every bit of the built firmware; values are events, or null for random ones
 *   emulator   output, replace                 a shared library of the firmware
 *   report     output, input, labels, backend, replace   the page of the model: one HTML file
 *   text       form                            model, fixed-point, netlist or design
 *   matrix     rows, columns, input_bits, signed, effort, maximum_depth, extra_depth, output, replace, part, clock_period,
 *              seed, threads                   an adder graph of the matrix in values; needs no compilation
 *
 * Reports are the JSON of the command line; docs/json.md says what is in them. */
int32_t tricot_operation_start(int64_t compilation, const char *request, const double *values, int64_t value_count,
                               const double *expected, int64_t expected_count, int64_t *operation, char **problem);

/* Waits so many seconds at most; 1 when the operation has ended, else 0. */
int32_t tricot_operation_wait(int64_t operation, double seconds);

/* What it is about at the moment, for a person, or null. */
char *tricot_operation_progress(int64_t operation);

/* Asks it to end: tools that it started are ended, the next stage does not begin. */
void tricot_operation_cancel(int64_t operation);

/* Waits for its end and gives its report. */
int32_t tricot_operation_result(int64_t operation, char **report, char **problem);

#ifdef __cplusplus
}
#endif

#endif
