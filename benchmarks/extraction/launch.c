/* Runs a command and writes what the system knows of the finished process.
 *
 *   launch RESULT COMMAND [ARGUMENT]...
 *
 * RESULT gets one line: wall seconds, user and system CPU seconds, peak resident KiB, exit status. A process that is
 * forked inherits the peak of its parent until it executes its program, so a large parent (Python with its libraries)
 * would be counted; this one is small. The peak is that of the largest process, CPU that of all of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: launch RESULT COMMAND [ARGUMENT]...\n");
        return 2;
    }
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    int state = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &state, 0, &usage) != child) {
        perror("launch");
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    int status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    FILE *result = fopen(arguments[1], "w");
    if (!result) {
        perror(arguments[1]);
        return 1;
    }
    fprintf(result, "%.6f %.6f %.6f %ld %d\n", ended.tv_sec - began.tv_sec + (ended.tv_nsec - began.tv_nsec) / 1e9,
            seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss, status);
    fclose(result);
    return status;
}
