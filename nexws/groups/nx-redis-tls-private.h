/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxRedisTls: whom a connection to a Redis over TLS trusts, and who we are there; TLS itself is GIO's. */
#pragma once

#include "groups/nx-redis-address-private.h"

G_BEGIN_DECLS

typedef struct
{
  GTlsDatabase *database;       /* nullable: whom the system trusts */
  GTlsCertificate *certificate; /* nullable: we are nobody */
} NxRedisTls;

/* Reads the files that the address names, but for what is set already. */
gboolean nx_redis_tls_load (NxRedisTls *self, const NxRedisAddress *address, GError **error);
void nx_redis_tls_copy (NxRedisTls *self, const NxRedisTls *other);
void nx_redis_tls_clear (NxRedisTls *self);

/* Before a handshake. */
void nx_redis_tls_prepare (const NxRedisTls *self, GTlsConnection *connection);
/* What the error says, and what is wrong with the other end's certificate if that was it. @connection: (nullable): there was no TLS yet */
char *nx_redis_tls_explain (GTlsConnection *connection, const GError *error);

G_END_DECLS
