/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Octets that end where a page begins that nobody may touch: reading one too many is a crash, not
 * luck.
 */
#pragma once

#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct
{
  char *pages;
  gsize size; /* of the part that may be touched */
} Guard;

static inline Guard
guard_new (gsize size)
{
  gsize page = sysconf (_SC_PAGESIZE);
  Guard guard = { .size = (size + page - 1) / page * page };

  guard.pages =
      mmap (NULL, guard.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (guard.pages != MAP_FAILED);
  g_assert_cmpint (mprotect (guard.pages + guard.size, page, PROT_NONE), ==, 0);
  return guard;
}

static inline char *
guard_put (Guard *guard, const char *data, gsize length)
{
  g_assert_cmpuint (length, <=, guard->size);
  return memcpy (guard->pages + guard->size - length, data, length);
}

static inline void
guard_free (Guard *guard)
{
  munmap (guard->pages, guard->size + sysconf (_SC_PAGESIZE));
}

/* Names the case in the log, whatever octets it has. */
static inline void
show (const char *text)
{
  g_autofree char *escaped = g_strescape (text, NULL);

  g_test_message ("%s", escaped);
}
