/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxGroups: the groups of an app by their names, and the one order in which all of them send: what is sent from inside a callback of
 * another sending waits until that one has reached everybody.
 */
#pragma once

#include "groups/nx-backplane.h"
#include "groups/nx-group.h"

#include "groups/nx-message-id-private.h"
#include "nx-app-handle-private.h"
#include "nx-connection-list-private.h"
#include "transport/nx-reactor-private.h"

G_BEGIN_DECLS

#define NX_GROUP_NAME_MAX 256
#define NX_GROUPS_A_CONNECTION_MAX 1024

typedef struct _NxGroups NxGroups;
typedef struct _NxSending NxSending;

struct _NxGroups
{
  guint ref_count;
  NxAppHandle *app_handle;
  NxReactor *reactor;
  NxConnectionList *connections; /* of the app */
  GHashTable *by_name;           /* of NxGroup, which are not owned and take themselves out */
  gboolean is_closed;            /* the app has gone */
  gboolean is_sending;
  GQueue waiting; /* of NxSending */
  NxMessageId last_id;
  NxBackplane *backplane; /* (nullable) what reaches the groups of other processes */
  guint64 n_several;      /* messages to several groups that went there */
};

NxGroups *nx_groups_new (NxAppHandle *app_handle,
                         NxReactor *reactor,
                         NxConnectionList *connections);
NxGroups *nx_groups_ref (NxGroups *self);
void nx_groups_unref (NxGroups *self);
/* The app goes: nobody joins or sends any more. */
void nx_groups_close (NxGroups *self);

gboolean nx_groups_check_name (const char *name, GError **error);
/* (transfer full): made when there is none. @name was checked. */
NxGroup *nx_groups_dup (NxGroups *self, const char *name);
NxGroup *nx_groups_find (NxGroups *self, const char *name);
/* It has ended. */
void nx_groups_leave_all (NxWebSocket *ws);

/* One behind all that were made before. */
void nx_groups_make_id (NxGroups *self, NxMessageId *id);

typedef enum {
  NX_SENDING_NEW,        /* to members everywhere */
  NX_SENDING_HERE,       /* to those of this process alone */
  NX_SENDING_RECEIVED,   /* over the backplane; with an id: recorded */
  NX_SENDING_UNRECORDED, /* it was to be, and never will */
  NX_SENDING_GAP, /* no message: some are missing here. The id, if it has one, is the one in front of which */
} NxSendingKind;

/* One message on its way to members of a group, or of several. */
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
  GTask *task;      /* (nullable) whoever waits until it is taken; gives the id as text, or NULL */
};

/* @group may be NULL: to all @receivers, members or not. All else is kept by reference. */
NxSending *nx_sending_new (NxGroup *group, NxMessage *message, NxWebSocket *excluding);
/* Of each group those who are in none before it. */
void nx_sending_choose (NxSending *self, GHashTable *seen);
/* Takes @sending. Now, or behind those that are on their way. */
void nx_groups_send (NxGroups *self, NxSending *sending);
/* What is sent until it is ended waits: whoever begins it is about to send something first. FALSE: somebody has begun already. */
gboolean nx_groups_begin (NxGroups *self);
void nx_groups_end (NxGroups *self);

/* nx-groups-remote.c: what goes to other processes, and comes from there */

void nx_groups_set_backplane (NxGroups *self, NxBackplane *backplane);
/* From here on what others send to it is delivered. */
void nx_groups_attach (NxGroups *self, NxGroup *group);
void nx_groups_detach (NxGroups *self, NxGroup *group);
/* Takes over the task of @sending. */
void nx_groups_publish (NxGroups *self, NxSending *sending, gboolean is_recorded);
/* @member, which has a key, or had one. */
void nx_groups_publish_presence (NxGroups *self, NxGroup *group, const char *id, GBytes *presence);
/* The last messages that there are: nx_group_take_past() gets them. */
void nx_groups_fetch (NxGroups *self, NxGroup *group);
/* To a websocket of another process. FALSE: there is none to ask. */
gboolean nx_groups_send_to (NxGroups *self, guint64 node, guint64 serial, NxMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxGroups, nx_groups_unref)

G_END_DECLS
