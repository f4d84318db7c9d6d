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
  guint64 n_several;      /* messages to several groups */
  GHashTable *
      polls; /* of NxPoll, which are not owned and take themselves out: those that others answer too */
  guint n_polls;
  GHashTable *inquiries; /* set of NxInquiry: what others ask our members */
};

NxGroups *nx_groups_new (NxAppHandle *app_handle,
                         NxReactor *reactor,
                         NxConnectionList *connections);
NxGroups *nx_groups_ref (NxGroups *self);
void nx_groups_unref (NxGroups *self);
NxGroup *nx_groups_find (NxGroups *self, const char *name); /* (nullable) */
/* One behind all that were made before. */
void nx_groups_make_id (NxGroups *self, NxMessageId *id);

/* nx-group-name.c */
gboolean nx_groups_check_name (const char *name, GError **error);

/* nx-group.c */
/* (transfer full): made when there is none. @name was checked. */
NxGroup *nx_groups_dup (NxGroups *self, const char *name);
/* The app goes: nobody joins or sends any more. */
void nx_groups_close (NxGroups *self);

/* nx-group-members.c */
/* It has ended. */
void nx_groups_leave_all (NxWebSocket *ws);

/* nx-groups-order.c */
/* Takes @sending. Now, or behind those that are on their way. */
void nx_groups_send (NxGroups *self, NxSending *sending);
/* What is sent until it is ended waits: whoever begins it is about to send something first. FALSE: somebody has begun already. */
gboolean nx_groups_begin (NxGroups *self);
void nx_groups_end (NxGroups *self);

/* nx-groups-publish.c: what goes to other processes */
/* From here on what others send to it is delivered. */
void nx_groups_attach (NxGroups *self, NxGroup *group);
void nx_groups_detach (NxGroups *self, NxGroup *group);
/* Takes over the task of @sending. */
void nx_groups_publish (NxGroups *self, NxSending *sending, gboolean is_recorded);
/* @member, which has a key, or had one. */
void nx_groups_publish_presence (NxGroups *self, NxGroup *group, const char *id, GBytes *presence);
/* A question to the members elsewhere, once its turn has come. */
void nx_groups_publish_query (NxGroups *self, NxSending *sending);
/* To the process that has asked. */
void nx_groups_report (NxGroups *self, guint64 node, GBytes *report);

/* A question for the last messages, and its tag. */
typedef struct
{
  NxGroup *group; /* owned */
  guint life;
} NxFetch;

/* The last messages that there are: nx_group_take_past() gets them. */
void nx_groups_fetch (NxGroups *self, NxGroup *group);
/* To a websocket of another process. FALSE: there is none to ask. */
gboolean nx_groups_send_to (NxGroups *self, guint64 node, guint64 serial, NxMessage *message);

/* nx-groups-remote.c: what comes from there */
void nx_groups_set_backplane (NxGroups *self, NxBackplane *backplane);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxGroups, nx_groups_unref)

G_END_DECLS
