#include <cblas.h>

/* LAPACK, which libopenblas holds too; its own header is not installed everywhere. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
