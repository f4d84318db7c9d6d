/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What groups tell other processes, over the backplane.
 */
#include "config.h"

#include "groups/nx-backplane-private.h"
#include "groups/nx-group-private.h"
#include "groups/nx-parcel-private.h"
#include "groups/nx-sending-private.h"

void
nx_groups_publish (NxGroups *self, NxSending *sending, gboolean is_recorded)
{
  NxGroup *group = sending->group;
  const NxParcel parcel = { .message = sending->message,
                            .node = self->app_handle->node,
                            .serial = sending->excluding_serial,
                            .several = sending->several,
                            .preceding = sending->preceding };
  g_autoptr (GBytes) payload = nx_parcel_pack (&parcel);
  g_autoptr (NxBackplane) backplane = g_object_ref (self->backplane);

  nx_backplane_publish (backplane, group->name, payload, is_recorded ? &group->limits : NULL,
                        g_steal_pointer (&sending->task));
}

/* The poll has a number because it may be over before it is known who got the question. */
void
nx_groups_publish_query (NxGroups *self, NxSending *sending)
{
  g_autoptr (NxBackplane) backplane = g_object_ref (self->backplane);

  nx_backplane_ask (backplane, sending->group->name, sending->query,
                    GUINT_TO_POINTER (sending->poll));
}

static void
send_to_node (NxGroups *self, guint64 node, GBytes *payload)
{
  g_autofree char *name = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", node);

  nx_backplane_send_to (self->backplane, name, payload, NULL);
}

void
nx_groups_report (NxGroups *self, guint64 node, GBytes *report)
{
  if (self->backplane != NULL)
    send_to_node (self, node, report);
}

void
nx_groups_publish_presence (NxGroups *self, NxGroup *group, const char *id, GBytes *presence)
{
  if (self->backplane != NULL)
    nx_backplane_set_presence (self->backplane, group->name, id, presence);
}

gboolean
nx_groups_send_to (NxGroups *self, guint64 node, guint64 serial, NxMessage *message)
{
  const NxParcel parcel = { .message = message, .node = node, .serial = serial };
  g_autoptr (GBytes) payload = NULL;

  if (self->backplane == NULL
      || nx_backplane_get_state (self->backplane) != NX_BACKPLANE_STATE_CONNECTED)
    return FALSE;
  payload = nx_parcel_pack (&parcel);
  send_to_node (self, node, payload);
  return TRUE;
}

void
nx_groups_fetch (NxGroups *self, NxGroup *group)
{
  NxFetch *fetch = g_new0 (NxFetch, 1);

  fetch->group = g_object_ref (group);
  fetch->life = group->life;
  /* One more than are kept: so it is known behind which one nothing is missing. */
  nx_backplane_fetch (self->backplane, group->name, NULL, group->limits.size + 1, fetch);
}

void
nx_groups_attach (NxGroups *self, NxGroup *group)
{
  if (self->backplane != NULL)
    nx_backplane_subscribe (self->backplane, group->name, nx_group_has_history (group));
}

void
nx_groups_detach (NxGroups *self, NxGroup *group)
{
  if (self->backplane != NULL)
    nx_backplane_unsubscribe (self->backplane, group->name);
}
