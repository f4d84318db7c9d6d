/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxSending: one message on its way to members of a group, or of several.
 */
#pragma once

#include "groups/nx-groups-private.h"

G_BEGIN_DECLS

typedef enum {
  NX_SENDING_NEW,        /* to members everywhere */
  NX_SENDING_HERE,       /* to those of this process alone */
  NX_SENDING_RECEIVED,   /* over the backplane; with an id: recorded */
  NX_SENDING_UNRECORDED, /* it was to be, and never will */
  NX_SENDING_GAP, /* no message: some are missing here. The id, if it has one, is the one in front of which */
} NxSendingKind;

struct _NxSending
{
  NxSendingKind kind;
  NxGroup *group;
  NxMessage *message;     /* (nullable) */
  NxWebSocket *excluding; /* (nullable) */
  guint64 excluding_serial;
  GPtrArray *receivers; /* (nullable) of NxWebSocket: who of the members, for those who chose */
  gboolean is_volatile;
  NxMessageId id;         /* 0: none yet */
  NxMessageId *shared_id; /* (nullable) of a message that goes to several groups: g_rc_box */
  char *
      several; /* (nullable) which of the messages to several groups it is, when it went over the backplane */
  char **preceding; /* (nullable) whoever is in one of these groups got it there */
  GBytes *query;    /* (nullable) the question that it is, for other processes … */
  guint poll;       /* … and its number here */
  GTask *task;      /* (nullable) whoever waits until it is taken; gives the id as text, or NULL */
};

/* @group may be NULL: to all @receivers, members or not. All else is kept by reference. */
NxSending *nx_sending_new (NxGroup *group, NxMessage *message, NxWebSocket *excluding);
/* Of each group those who are in none before it. */
void nx_sending_choose (NxSending *self, GHashTable *seen);
/* Takes it. */
void nx_sending_free (NxSending *self);

G_END_DECLS
