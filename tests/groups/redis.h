/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A redis-server of the test's own, on a unix socket in a folder of its own. */
#pragma once

#include <gio/gio.h>

typedef struct
{
  char *folder;
  char *path; /* of the socket */
  char *uri;
  char **options; /* as words of redis-server's command line */
  GSubprocess *process;
} Redis;

/* FALSE, with the test skipped, where there is none. @options: (nullable) */
gboolean redis_start (Redis *self, const char *options);
/* Before 6.2 there are no channels in the rights of a user, and a stream is trimmed by its length alone; before 7.0 it does not know how many
 * entries it has ever had. */
gboolean redis_is_at_least (guint major, guint minor);
/* As a crash is; redis_restart() finds what it had written. */
void redis_kill (Redis *self);
void redis_restart (Redis *self);
void redis_signal (Redis *self, int number);
void redis_clear (Redis *self);
/* What redis-cli prints, without the line's end. */
char *redis_ask (Redis *self, const char *words) G_GNUC_WARN_UNUSED_RESULT;
void redis_tell (Redis *self, const char *words);
