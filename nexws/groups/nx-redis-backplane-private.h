/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxRedisBackplane, one concern in a file. From below: -base.c (what all stand on), -trim.c (histories do not grow), -loss.c
 * (back-off), -streams.c (histories), -fetch.c (what they hold), -presence.c, -groups.c (subscriptions, and what is pushed), -link.c (connections,
 * heartbeat), and nx-redis-backplane.c: the object.
 *
 * There are two connections: one that subscribes, and one for all else. In Redis there are
 *
 *     PREFIX s:GROUP          a stream for each history; its entries have one field, m: an envelope
 *     PREFIX p:NODE:GROUP     a hash of who is present at a node, which expires
 *     PREFIX n:GROUP          a set of the nodes that may have such a hash, which expires
 *     PREFIX DB:g:GROUP       a channel for each group: m and an envelope; n and a node that has appended to the stream; p and who came
 *                             or went
 *     PREFIX DB:d:NODE        a channel for each node: an envelope
 *     PREFIX DB:alive         a channel for all: who lives, and for how long at least
 *
 * Channels belong to no database, so their names have its number.
 */
#pragma once

#include "groups/nx-redis-backplane.h"

#include "groups/nx-backplane-private.h"
#include "groups/nx-redis-connection-private.h"
#include "groups/nx-redis-reply-private.h"
#include "groups/nx-stream-tally-private.h"

G_BEGIN_DECLS

typedef struct
{
  int n_refs;
  char *name;
  char *channel;
  char *stream;
  gboolean is_gone; /* unsubscribed, or its connection was lost */
  gboolean is_recorded;
  gboolean is_live; /* nx_backplane_subscribed() was called */

  /* The stream. */
  char *cursor; /* nullable: the last entry that was read, or 0-0 */
  gboolean has_caught_up;
  gboolean is_reading;
  gboolean is_behind; /* read once more */
  gboolean is_to_verify;
  gboolean is_verifying;
  guint page; /* how many entries to read at once */

  /* What of it is too much. */
  NxHistoryLimits limits; /* as they were when something was appended last */
  NxStreamTally tally;
  gboolean is_waiting;  /* to be measured */
  gboolean is_counted;  /* what comes is */
  gboolean is_measured; /* what was there before has been counted, too */
  gboolean is_to_trim;
  gint64 trimmed_us;

  /* Presence. */
  gboolean has_snapshot;
  guint n_hashes;      /* that are still to be answered */
  GPtrArray *held;     /* of GBytes: what came meanwhile; NULL once there is a snapshot */
  GHashTable *members; /* node -> set of members */
} NxRedisGroup;

struct _NxRedisBackplane
{
  NxBackplane parent_instance;

  NxRedisAddress *address; /* nullable: it is no use */
  char *prefix;
  char *channels; /* what the names of all channels begin with */
  guint heartbeat_ms;
  guint timeout_ms;
  guint max_delay_ms;
  NxRedisTls tls;

  /* The link. */
  gboolean is_running;
  NxRedisConnection *commands;
  NxRedisConnection *pushes;
  gboolean has_commands; /* logged in */
  gboolean has_pushes;
  gboolean is_refused; /* it will not let us in until somebody changes something */
  guint n_attempts;
  GSource *retry_source;
  GSourceFunc retry; /* opens it once more */
  GSource *tick_source;
  guint n_ticks;
  gint64 ticked_us;
  /* Who we are to the server, and were before: what that one sent and is not read yet must not be carried out any more. */
  gint64 client_id;
  char *run_id;
  gint64 old_client_id;
  char *old_run_id;

  gboolean lacks_minid;     /* it says that it is older than 6.2 … */
  gboolean refuses_to_trim; /* … or does not trim by ids for whatever reason */
  GQueue to_measure;        /* of NxRedisGroup, with references */
  gboolean is_measuring;
  char *measured; /* (nullable) what was counted of it last */
  guint measure_page;

  GHashTable *groups;    /* NxRedisGroup by name: those subscribed to */
  GHashTable *touched;   /* set of names: appended to in this turn */
  GHashTable *own;       /* how many members we have, by group */
  GHashTable *deadlines; /* node -> gint64: when it is dead unless it is heard of */
  GHashTable *buried;    /* set of nodes that were taken for dead */
};

/* The words of a command, of which none holds a NUL. */
#define NX_REDIS_SEND(connection, func, data, destroy, ...)                                        \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const char *words_[] = { __VA_ARGS__ };                                                        \
    nx_redis_connection_send ((connection), (func), (data), (destroy), G_N_ELEMENTS (words_),      \
                              words_, NULL);                                                       \
  }                                                                                                \
  G_STMT_END

/* -base.c */
NxRedisGroup *nx_redis_group_ref (NxRedisGroup *self);
void nx_redis_group_unref (gpointer self);
char *nx_redis_make_channel (NxRedisBackplane *self, const char *group);
char *nx_redis_make_stream (NxRedisBackplane *self, const char *group);
void nx_redis_groups_clear (NxRedisBackplane *self);
/* Something that it needs has come; when nothing else does, it is live. */
void nx_redis_group_progress (NxRedisBackplane *self, NxRedisGroup *group);
GError *nx_redis_link_make_error (NxRedisBackplane *self, redisReply *reply);
guint nx_redis_link_get_ttl (NxRedisBackplane *self);
/* How many entries are read at once: few until it is known how large they are. */
#define NX_REDIS_FIRST_PAGE 8
void nx_redis_adapt_page (guint *page, gsize n_octets);

/* -loss.c */
/* The server is there and of no use: try another time. */
void nx_redis_link_lose (NxRedisBackplane *self, const GError *error);
void nx_redis_clear_source (GSource **source);
GSource *nx_redis_start_timer (NxRedisBackplane *self, guint interval_ms, GSourceFunc func);
void nx_redis_link_disconnect (NxRedisBackplane *self);

/* -link.c */
void nx_redis_link_open (NxRedisBackplane *self);
void nx_redis_link_close (NxRedisBackplane *self);

/* -groups.c */
void nx_redis_groups_subscribe (NxRedisBackplane *self,
                                const char *name,
                                gboolean is_recorded,
                                const char *after_id);
void nx_redis_groups_unsubscribe (NxRedisBackplane *self, const char *name);
void nx_redis_groups_publish (NxRedisBackplane *self,
                              guint64 ticket,
                              const char *name,
                              GBytes *envelope);
void nx_redis_groups_send_to (NxRedisBackplane *self,
                              guint64 ticket,
                              const char *node,
                              GBytes *envelope);
void nx_redis_groups_pushed (NxRedisBackplane *self,
                             const char *channel,
                             const char *data,
                             gsize length);

/* -streams.c */
void nx_redis_streams_append (NxRedisBackplane *self,
                              guint64 ticket,
                              const char *name,
                              GBytes *envelope,
                              const NxHistoryLimits *limits);
void nx_redis_streams_notify (NxRedisBackplane *self);
void nx_redis_streams_catch_up (NxRedisBackplane *self, NxRedisGroup *group, const char *after_id);
void nx_redis_streams_read (NxRedisBackplane *self, NxRedisGroup *group);
void nx_redis_streams_verify_all (NxRedisBackplane *self);

/* -fetch.c */
gboolean nx_redis_fetch (NxRedisBackplane *self,
                         guint64 ticket,
                         const char *name,
                         const char *after_id,
                         guint limit,
                         GError **error);

/* -trim.c */
/* Something was appended by us. */
void nx_redis_trim_appended (NxRedisBackplane *self,
                             NxRedisGroup *group,
                             const NxHistoryLimits *limits);
/* An entry was read for the first time; and all that came with it. */
void nx_redis_trim_count (NxRedisGroup *group, redisReply *entry);
void nx_redis_trim_read (NxRedisBackplane *self, NxRedisGroup *group);
/* The stream has begun anew. */
void nx_redis_trim_forget (NxRedisGroup *group);
/* What was too young to go when it was appended. */
void nx_redis_trim_all (NxRedisBackplane *self);
/* The connection was lost. */
void nx_redis_trim_clear (NxRedisBackplane *self);

/* -presence.c */
void nx_redis_presence_set (NxRedisBackplane *self,
                            const char *name,
                            const char *member,
                            GBytes *meta);
void nx_redis_presence_take_snapshot (NxRedisBackplane *self, NxRedisGroup *group);
void nx_redis_presence_pushed (NxRedisBackplane *self, NxRedisGroup *group, GBytes *data);
void nx_redis_presence_refresh (NxRedisBackplane *self);
void nx_redis_presence_heard (NxRedisBackplane *self, const char *data, gsize length);
/* @late_us: for how long nobody was listened to. */
void nx_redis_presence_expire (NxRedisBackplane *self, gint64 late_us);

G_END_DECLS
