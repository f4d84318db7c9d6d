/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test's own binary, run once more as a program of the kind that nx_app_run() is for: main() hands on to program_main() when its
 * first argument is PROGRAM_ARGUMENT.
 */
#pragma once

#include <nexws.h>

#define PROGRAM_ARGUMENT "--program"

typedef enum {
  PROGRAM_DEFAULT = 0,
  PROGRAM_LISTENS = 1 << 0,   /* on a free port, before it is run */
  PROGRAM_ACTIVATED = 1 << 1, /* sockets were passed as systemd does */
  PROGRAM_QUITS = 1 << 3,     /* once it runs */
  PROGRAM_NO_ARGV = 1 << 2,   /* nx_app_run() gets NULL */
  PROGRAM_ASYNC = 1 << 7,     /* nx_app_run_async() is it */
  PROGRAM_DROPS = 1 << 4,     /* its only reference, when it has started */
  PROGRAM_TELLS = 1 << 5,     /* each client which process and worker it has come to */
  PROGRAM_BREAKS = 1 << 6,    /* as a worker it ends before it serves */
} ProgramFlags;

typedef struct
{
  GSubprocess *process;
  GDataInputStream *output;
} Program;

/* @fd: passed as descriptor 3, taken; or -1. @arguments: of the program, without its name. */
void program_start (Program *self, ProgramFlags flags, int fd, const char *const *arguments);
/* (transfer full) (nullable) */
char *program_read_line (Program *self);
/* Waits for its first line, which says where it listens. */
guint16 program_wait_port (Program *self);
/* Waits for its end. @errors: (nullable) gets what it wrote to stderr. Returns the exit status. */
int program_wait (Program *self, char **errors);

int program_main (int argc, char **argv);
