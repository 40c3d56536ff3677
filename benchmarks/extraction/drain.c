/* Reads all rows of the statements and throws them away: the floor under every extraction.
 *
 *   drain HOST PORT USER PASSWORD DATABASE STATEMENT...
 *
 * N statements are read side by side by N threads with a connection each. Prints rows and bytes of values.
 */
#include <mysql.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    char **server;
    const char *statement;
    unsigned long long rows, bytes;
    int failed;
};

static void *drain(void *argument) {
    struct reading *reading = argument;
    unsigned int tcp = MYSQL_PROTOCOL_TCP;
    MYSQL *mysql = mysql_init(NULL);
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &tcp);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    char **server = reading->server;
    MYSQL_RES *result = NULL;
    if (mysql_real_connect(mysql, server[0], server[2], server[3], server[4], atoi(server[1]), NULL, 0)
        && mysql_real_query(mysql, reading->statement, strlen(reading->statement)) == 0)
        result = mysql_use_result(mysql);
    if (result) {
        unsigned int columns = mysql_num_fields(result);
        while (mysql_fetch_row(result)) {
            unsigned long *lengths = mysql_fetch_lengths(result);
            for (unsigned int column = 0; column < columns; column++) reading->bytes += lengths[column];
            reading->rows++;
        }
    }
    if (!result || mysql_errno(mysql)) {
        fprintf(stderr, "drain: %s: %s\n", reading->statement, mysql_error(mysql));
        reading->failed = 1;
    }
    if (result) mysql_free_result(result);
    mysql_close(mysql);
    mysql_thread_end();
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 7) {
        fprintf(stderr, "usage: drain HOST PORT USER PASSWORD DATABASE STATEMENT...\n");
        return 2;
    }
    mysql_library_init(0, NULL, NULL);
    int statements = count - 6, failed = 0;
    unsigned long long rows = 0, bytes = 0;
    pthread_t *threads = calloc(statements, sizeof *threads);
    struct reading *readings = calloc(statements, sizeof *readings);
    for (int i = 0; i < statements; i++) {
        readings[i].server = arguments + 1;
        readings[i].statement = arguments[6 + i];
        if (pthread_create(&threads[i], NULL, drain, &readings[i])) return 1;
    }
    for (int i = 0; i < statements; i++) {
        pthread_join(threads[i], NULL);
        rows += readings[i].rows;
        bytes += readings[i].bytes;
        failed |= readings[i].failed;
    }
    printf("rows=%llu bytes=%llu\n", rows, bytes);
    return failed;
}
