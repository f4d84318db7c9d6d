/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxGroups: the groups of an app by their names, and the one order in which all of them send: what is sent from inside a callback of
 * another sending waits until that one has reached everybody.
 */
#pragma once

#include "groups/nx-group.h"

#include "groups/nx-message-id-private.h"
#include "nx-app-handle-private.h"
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
  GHashTable *by_name; /* of NxGroup, which are not owned and take themselves out */
  gboolean is_closed;  /* the app has gone */
  gboolean is_sending;
  GQueue waiting; /* of NxSending */
  NxMessageId last_id;
};

NxGroups *nx_groups_new (NxAppHandle *app_handle, NxReactor *reactor);
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

/* One message on its way to members of a group, or of several. */
struct _NxSending
{
  NxGroup *group;
  NxMessage *message;
  NxWebSocket *excluding; /* (nullable) */
  GPtrArray *receivers;   /* (nullable) of NxWebSocket: who of the members, for those who chose */
  gboolean is_volatile;
  NxMessageId id; /* 0: none yet. One that goes to several groups has the same in each */
  void (*done) (NxSending *self, gpointer data); /* (nullable) it was delivered */
  gpointer data;
};

/* @group may be NULL: to all @receivers, members or not. All else is kept by reference. */
NxSending *nx_sending_new (NxGroup *group, NxMessage *message, NxWebSocket *excluding);
/* Takes @sending. Now, or behind those that are on their way. */
void nx_groups_send (NxGroups *self, NxSending *sending);
/* What is sent until it is ended waits: whoever begins it is about to send something first. FALSE: somebody has begun already. */
gboolean nx_groups_begin (NxGroups *self);
void nx_groups_end (NxGroups *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxGroups, nx_groups_unref)

G_END_DECLS
