/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several apps, with a backplane in memory that does what it is told, when it is told.
 */
#pragma once

#include "crowd.h"
#include "hub.h"

#define N_NODES 3

typedef struct
{
  Hub hub;
  Fixture nodes[N_NODES];
  NxBackplane *backplanes[N_NODES]; /* not owned */
} Cluster;

/* Gives node @i a new one. */
void set_backplane (Cluster *c, guint i);
/* One without a backplane, and one with it; both are for g_test_add(). */
void set_up_without (Cluster *c, gconstpointer data);
void set_up (Cluster *c, gconstpointer data);
void tear_down (Cluster *c, gconstpointer data);
/* All that can happen. */
void run (Cluster *c);
/* (transfer full): with a history when @size says so, and with all that is needed done. */
NxGroup *make_group (Cluster *c, guint node, guint size);
/* @json: nullable. */
void set_presence (NxGroup *group, Person *person, const char *key, const char *json);
/* Of nx_group_send_message_async(): notes in the fixture @data how that ended. */
void note_sent_cb (GObject *source, GAsyncResult *result, gpointer data);
