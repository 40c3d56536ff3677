// The C library's own allocator, of which Glibc's module has not all.
#include <malloc.h>
