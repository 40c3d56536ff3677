// Calls of Linux that Swift's Glibc does not show: extended attributes, and copies inside the kernel.
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <sys/xattr.h>

// Declared here because the library's own header shows them to C with GNU extensions only.
extern ssize_t copy_file_range(int source, int64_t *source_offset, int target, int64_t *target_offset,
                               size_t count, unsigned int flags);
extern int sync_file_range(int file, int64_t offset, int64_t count, unsigned int flags);
