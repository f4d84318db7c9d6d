/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxParcel: what a process tells the others when it sends a message to a group or to a websocket of theirs, or says who a member is. It
 * is what a backplane carries in its envelopes; what comes out of one is checked, since anybody may write to a Redis.
 */
#pragma once

#include "nx-message.h"

G_BEGIN_DECLS

typedef struct
{
  NxMessage *message; /* owned */
  guint64 node;       /* of @serial */
  guint64 serial;     /* the websocket that does not get it, or the one that alone does; 0: none */
  char *several;      /* (nullable) which tells such a message from others */
  char **preceding;   /* (nullable) whoever is in one of these groups has got it */
} NxParcel;

void nx_parcel_clear (NxParcel *self);
GBytes *nx_parcel_pack (const NxParcel *self);
/* FALSE: it is none; then there is nothing to clear. */
gboolean nx_parcel_unpack (NxParcel *self, GBytes *bytes);

#define NX_PRESENCE_META_MAX 4096 /* octets of JSON */

/* Who a member is. @stamp: what was said last has the greatest one. */
GBytes *nx_presence_pack (guint64 stamp, const char *key, const char *meta);
/* @key, @meta: (transfer full): within the limits of nx_group_set_presence(), and JSON. */
gboolean nx_presence_unpack (GBytes *bytes, guint64 *stamp, char **key, char **meta);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NxParcel, nx_parcel_clear)

G_END_DECLS
