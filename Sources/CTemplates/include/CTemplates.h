// The example lakes, as bytes inside the program: `tarn init` writes them out.
#pragma once
#include <stddef.h>

struct tarn_template_file {
    const char *path;   // relative to the lake's folder
    const unsigned char *bytes;
    size_t count;
};

// The files of the telecom lake; the last entry's path is NULL.
const struct tarn_template_file *tarn_telecom_files(void);
