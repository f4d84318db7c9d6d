/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the groups of an app are to a backplane: a client that notes down all it is told. */
#pragma once

#include <nexws.h>

#include "groups/nx-backplane-private.h"

typedef struct
{
  NxBackplane *backplane;
  guint keep_ms;        /* of what it publishes; 0: any */
  gsize keep_bytes;     /* much */
  GString *log;         /* "received lobby 1-0 hello; gap lobby; …" */
  GPtrArray *received;  /* of payloads as text */
  GPtrArray *ids;       /* of the same messages; "" for what was not recorded */
  GHashTable *accepted; /* tag -> id */
  GPtrArray *accepted_ids;
  GPtrArray *unrecorded; /* of payloads */
  guint n_subscribed;
  guint n_gaps;
  guint n_failed;
  GPtrArray *entries;  /* (nullable) of the last fetch */
  gboolean has_gap;    /* of the last fetch */
  GError *error;       /* of the last fetch, or failure */
  GHashTable *present; /* "group/member" -> meta */
  GPtrArray *direct;   /* of payloads */
  /* (nullable) called behind each event */
  void (*event) (gpointer node);
  gpointer data;
} Node;

void node_init (Node *self, NxBackplane *backplane);
/* Over a Redis, with short times. */
void node_init_redis (Node *self, const char *uri);
void node_start (Node *self);
void node_clear (Node *self);

void node_subscribe (Node *self, const char *group, gboolean is_recorded);
/* @keep: 0: not recorded. The tag is its number. */
void node_publish (Node *self, const char *group, const char *text, guint keep, guint tag);
void node_fetch (Node *self, const char *group, const char *after_id, guint limit);
void node_set_presence (Node *self, const char *group, const char *member, const char *meta);
/* Payloads of the entries, a gap as "-", with blanks between. */
char *node_describe_entries (Node *self);
char *node_describe_received (Node *self);
const char *node_get_present (Node *self, const char *group, const char *member);
guint64 node_count (Node *self, const char *property);

/* Iterates the main context until it is so; fails the test after half a minute. */
#define node_wait(condition)                                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 until_ = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;                                 \
    GSource *tick_ = node_tick ();                                                                 \
    while (!(condition) && g_get_monotonic_time () < until_)                                       \
      g_main_context_iteration (NULL, TRUE);                                                       \
    node_untick (tick_);                                                                           \
    if (!(condition))                                                                              \
      g_error ("%s:%d: in vain: %s", __FILE__, __LINE__, #condition);                              \
  }                                                                                                \
  G_STMT_END
GSource *node_tick (void);
void node_untick (GSource *source);
#define node_wait_connected(node)                                                                  \
  node_wait (nx_backplane_get_state ((node)->backplane) == NX_BACKPLANE_STATE_CONNECTED)
#define node_wait_lost(node)                                                                       \
  node_wait (nx_backplane_get_state ((node)->backplane) == NX_BACKPLANE_STATE_LOST)
