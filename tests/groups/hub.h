/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backplane in memory between the apps of one process. Whatever is asked of it waits until hub_run(): so a test says what has arrived, and when.
 */
#pragma once

#include <nexws.h>

typedef struct
{
  GHashTable *streams; /* GPtrArray of NxBackplaneEntry by group */
  GHashTable *present; /* "node group member" -> GBytes */
  GPtrArray *nodes;    /* of HubBackplane */
  GQueue jobs;
  guint64 n_ids;
  gboolean is_down;   /* whoever starts is not connected */
  gboolean refuses;   /* to record */
  gboolean is_silent; /* on how many get a message */
  guint n_published;  /* messages that were not recorded */
  guint n_fetched;
} Hub;

void hub_init (Hub *self);
void hub_clear (Hub *self);
/* (transfer full) */
NxBackplane *hub_new_node (Hub *self);
/* All that waits happens, and what comes of it. */
void hub_run (Hub *self);
/* The connection of one goes; what it had asked for is carried out, but not answered, or not even that. */
void hub_lose (Hub *self, NxBackplane *node, gboolean is_carried_out);
void hub_restore (Hub *self, NxBackplane *node);
/* All data is gone, and whoever listens is told. */
void hub_forget (Hub *self);
/* To all that listen, as if somebody else had written to the engine. */
void hub_inject (Hub *self, const char *group, GBytes *envelope);
