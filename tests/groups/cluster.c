/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cluster.h"

void
set_backplane (Cluster *c, guint i)
{
  g_autoptr (NxBackplane) node = hub_new_node (&c->hub);

  c->backplanes[i] = node;
  g_object_set (c->nodes[i].app, "backplane", node, NULL);
}

void
set_up_without (Cluster *c, gconstpointer data)
{
  memset (c, 0, sizeof *c);
  hub_init (&c->hub);
  for (guint i = 0; i < N_NODES; i++)
    fixture_begin (&c->nodes[i]);
}

void
set_up (Cluster *c, gconstpointer data)
{
  set_up_without (c, data);
  for (guint i = 0; i < N_NODES; i++)
    set_backplane (c, i);
}

void
tear_down (Cluster *c, gconstpointer data)
{
  for (guint i = 0; i < N_NODES; i++)
    fixture_end (&c->nodes[i]);
  hub_clear (&c->hub);
}

/* All that can happen. */
void
run (Cluster *c)
{
  do
    {
      hub_run (&c->hub);
      for (guint i = 0; i < N_NODES; i++)
        settle (&c->nodes[i]);
    }
  while (!g_queue_is_empty (&c->hub.jobs));
}

/* (transfer full): with a history when @size says so, and with all that is needed done. */
NxGroup *
make_group (Cluster *c, guint node, guint size)
{
  NxGroup *group = crowd_group (&c->nodes[node], "lobby");

  if (size > 0)
    g_object_set (group, "history-size", size, NULL);
  run (c);
  return group;
}

void
set_presence (NxGroup *group, Person *person, const char *key, const char *json)
{
  g_autoptr (JsonNode) meta = json != NULL ? json_from_string (json, NULL) : NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_set_presence (group, person->ws, key, meta, &error));
  g_assert_no_error (error);
}

void
note_sent_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = nx_group_send_message_finish (NX_GROUP (source), result, &error);

  if (error != NULL)
    note (data, "failed:%d", error->code);
  else
    note (data, "done:%s", id != NULL ? id : "-");
}
