/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxRedisAddress: where a Redis is and who we are there, read from a URI:
 *
 *     redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]
 *     rediss://…[?ca=FILE][&certificate=FILE[&key=FILE]]     the same over TLS
 *     redis+unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE]
 *
 * The password leaves it in one direction only: no message and no text that is made here has it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *host; /* nullable: a unix socket */
  guint16 port;
  char *unix_path; /* nullable */
  gboolean is_secure;
  guint database;
  char *user;             /* nullable */
  char *password;         /* nullable */
  char *ca_path;          /* nullable: of who is trusted over TLS */
  char *certificate_path; /* nullable: of who we are there */
  char *key_path;         /* nullable: of that one, when it has a file of its own */
  char *text;             /* for people */
} NxRedisAddress;

NxRedisAddress *nx_redis_address_parse (const char *uri, GError **error);
void nx_redis_address_free (NxRedisAddress *self);
GSocketConnectable *nx_redis_address_make_connectable (const NxRedisAddress *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRedisAddress, nx_redis_address_free)

G_END_DECLS
