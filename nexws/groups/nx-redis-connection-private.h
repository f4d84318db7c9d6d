/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxRedisConnection: one connection to a Redis, on the thread's default main context. Commands are written together at the end of a
 * turn, and answered in their order; what is pushed to a subscriber is told apart from the answers.
 *
 * hiredis writes and reads the protocol (RESP2); the socket is GIO's, since hiredis' own asynchronous connection looks names up
 * without giving the main loop a turn, aborts the process when a push is not what it expected, and buffers without a bound.
 */
#pragma once

#include <gio/gio.h>
#include <hiredis.h>

#include "groups/nx-redis-tls-private.h"

G_BEGIN_DECLS

typedef struct _NxRedisConnection NxRedisConnection;

/* @reply: which the connection owns. */
typedef void (*NxRedisReplyFunc) (redisReply *reply, gpointer data, gpointer owner);

typedef struct
{
  void (*connected) (NxRedisConnection *self, gpointer owner);
  /* A "message" that came to a subscriber. */
  void (*pushed) (NxRedisConnection *self,
                  const char *channel,
                  const char *data,
                  gsize length,
                  gpointer owner);
  /* Before what was gathered in a turn is written: the last chance to add to it. */
  void (*flushing) (NxRedisConnection *self, gpointer owner);
  /* Its end, once. */
  void (*failed) (NxRedisConnection *self, const GError *error, gpointer owner);
} NxRedisConnectionFuncs;

/* @timeout_ms: for connecting, and for each answer once all before it have come. */
NxRedisConnection *nx_redis_connection_new (const NxRedisAddress *address,
                                            guint timeout_ms,
                                            const NxRedisTls *tls,
                                            const NxRedisConnectionFuncs *funcs,
                                            gpointer owner);
/* Nothing is called any more. Answers that were waited for never come; their @destroy is called. */
void nx_redis_connection_close (NxRedisConnection *self);

/* @func: (nullable). @lengths: (nullable): of @words, which then need not end with a NUL. */
void nx_redis_connection_send (NxRedisConnection *self,
                               NxRedisReplyFunc func,
                               gpointer data,
                               GDestroyNotify destroy,
                               int n_words,
                               const char **words,
                               const gsize *lengths);
/* Has funcs->flushing called before this turn ends. */
void nx_redis_connection_want_flush (NxRedisConnection *self);
/* Ends it because of what it answered; tells funcs->failed. */
void nx_redis_connection_fail (NxRedisConnection *self, const GError *error);

G_END_DECLS
