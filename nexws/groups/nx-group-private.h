/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxGroup, one concern in a file: nx-group.c (the object and who is in it), -send.c (what the application sends), -deliver.c (one
 * message to its receivers).
 */
#pragma once

#include "groups/nx-group.h"

#include "groups/nx-groups-private.h"
#include "nx-connection-list-private.h"
#include "transport/nx-batch-private.h"

G_BEGIN_DECLS

struct _NxGroup
{
  GObject parent_instance;

  NxGroups *groups;
  char *name;
  NxConnectionList *members;
  gboolean is_kept; /* it has a reference to itself */
  NxSlowPolicy slow_policy;
  NxBatch *batch;    /* (nullable) what this turn has sent to the members so far */
  NxTask batch_task; /* the turn's end */
  guint64 n_dropped;
};

/* nx-group.c */
NxGroup *nx_group_new (NxGroups *groups, const char *name);
/* The app goes. */
void nx_group_close (NxGroup *self);
gboolean nx_group_take_out (NxGroup *self, NxWebSocket *ws);
/* What is sent from now on does not go to the same ones as before. */
void nx_group_close_batch (NxGroup *self);

/* nx-group-deliver.c */
void nx_group_deliver (NxSending *sending);

G_END_DECLS
