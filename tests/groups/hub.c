/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hub.h"

#include <string.h>

#define HUB_TYPE_BACKPLANE (hub_backplane_get_type ())
G_DECLARE_FINAL_TYPE (HubBackplane, hub_backplane, HUB, BACKPLANE, NxBackplane)

struct _HubBackplane
{
  NxBackplane parent_instance;

  Hub *hub;
  GHashTable *subscribed; /* GINT_TO_POINTER (recorded) + 1 by group */
};

G_DEFINE_FINAL_TYPE (HubBackplane, hub_backplane, NX_TYPE_BACKPLANE)

typedef enum {
  PUBLISH,
  SUBSCRIBE,
  FETCH,
  PRESENCE,
  SEND_TO,
} What;

typedef struct
{
  What what;
  HubBackplane *node; /* owned; NULL: nobody waits for an answer any more */
  guint64 ticket;
  char *group;  /* or the name of a node */
  char *text;   /* the id behind which; the member */
  GBytes *data; /* (nullable) */
  guint number; /* how many to keep, or to fetch; whether it is recorded */
} Job;

static void
job_free (Job *self)
{
  g_clear_object (&self->node);
  g_free (self->group);
  g_free (self->text);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self);
}

static Job *
add_job (NxBackplane *node, What what, guint64 ticket, const char *group)
{
  Job *job = g_new0 (Job, 1);

  job->what = what;
  job->node = g_object_ref (HUB_BACKPLANE (node));
  job->ticket = ticket;
  job->group = g_strdup (group);
  g_queue_push_tail (&job->node->hub->jobs, job);
  return job;
}

/* -- What is asked -- */

static void
hub_backplane_start (NxBackplane *base)
{
  HubBackplane *self = HUB_BACKPLANE (base);

  g_ptr_array_add (self->hub->nodes, self);
  nx_backplane_set_state (base, self->hub->is_down ? NX_BACKPLANE_STATE_LOST
                                                   : NX_BACKPLANE_STATE_CONNECTED);
}

static void
leave (HubBackplane *self, gboolean is_carried_out)
{
  GList *next;

  g_hash_table_remove_all (self->subscribed);
  for (GList *link = self->hub->jobs.head; link != NULL; link = next)
    {
      Job *job = link->data;

      next = link->next;
      if (job->node != self)
        continue;
      g_clear_object (&job->node);
      if (is_carried_out && job->what == PUBLISH)
        continue;
      g_queue_delete_link (&self->hub->jobs, link);
      job_free (job);
    }
}

static void tell_present (Hub *hub, const char *id, GBytes *meta);

static void
forget_present (HubBackplane *self)
{
  g_autofree char *prefix = g_strconcat (nx_backplane_get_node (NX_BACKPLANE (self)), " ", NULL);
  g_autoptr (GList) all = g_hash_table_get_keys (self->hub->present);

  for (GList *link = all; link != NULL; link = link->next)
    {
      g_autofree char *id = g_strdup (link->data);

      if (!g_str_has_prefix (id, prefix))
        continue;
      g_hash_table_remove (self->hub->present, id);
      tell_present (self->hub, id, NULL);
    }
}

static void
hub_backplane_stop (NxBackplane *base)
{
  HubBackplane *self = HUB_BACKPLANE (base);

  leave (self, FALSE);
  forget_present (self);
  g_ptr_array_remove (self->hub->nodes, self);
}

static void
hub_backplane_publish (NxBackplane *base,
                       guint64 ticket,
                       const char *group,
                       GBytes *envelope,
                       guint keep,
                       guint keep_ms,
                       guint64 keep_bytes,
                       GError **error)
{
  Job *job = add_job (base, PUBLISH, ticket, group);

  job->data = g_bytes_ref (envelope);
  job->number = keep;
}

static void
hub_backplane_subscribe (NxBackplane *base,
                         const char *group,
                         gboolean recorded,
                         const char *after_id,
                         GError **error)
{
  Job *job = add_job (base, SUBSCRIBE, 0, group);

  job->text = g_strdup (after_id);
  job->number = recorded;
}

static void
hub_backplane_unsubscribe (NxBackplane *base, const char *group)
{
  g_hash_table_remove (HUB_BACKPLANE (base)->subscribed, group);
}

static void
hub_backplane_fetch (NxBackplane *base,
                     guint64 ticket,
                     const char *group,
                     const char *after_id,
                     guint limit,
                     GError **error)
{
  g_assert_null (after_id);
  add_job (base, FETCH, ticket, group)->number = limit;
}

static void
hub_backplane_set_presence (NxBackplane *base,
                            const char *group,
                            const char *member,
                            GBytes *meta,
                            GError **error)
{
  Job *job = add_job (base, PRESENCE, 0, group);

  job->text = g_strdup (member);
  job->data = meta != NULL ? g_bytes_ref (meta) : NULL;
}

static void
hub_backplane_send_to (NxBackplane *base,
                       guint64 ticket,
                       const char *node,
                       GBytes *envelope,
                       GError **error)
{
  add_job (base, SEND_TO, ticket, node)->data = g_bytes_ref (envelope);
}

static void
hub_backplane_finalize (GObject *object)
{
  g_hash_table_unref (HUB_BACKPLANE (object)->subscribed);
  G_OBJECT_CLASS (hub_backplane_parent_class)->finalize (object);
}

static void
hub_backplane_class_init (HubBackplaneClass *klass)
{
  NxBackplaneClass *backplane_class = NX_BACKPLANE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = hub_backplane_finalize;
  backplane_class->start = hub_backplane_start;
  backplane_class->stop = hub_backplane_stop;
  backplane_class->publish = hub_backplane_publish;
  backplane_class->subscribe = hub_backplane_subscribe;
  backplane_class->unsubscribe = hub_backplane_unsubscribe;
  backplane_class->fetch = hub_backplane_fetch;
  backplane_class->set_presence = hub_backplane_set_presence;
  backplane_class->send_to = hub_backplane_send_to;
}

static void
hub_backplane_init (HubBackplane *self)
{
  self->subscribed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* -- What happens -- */

static GPtrArray *
get_stream (Hub *self, const char *group)
{
  GPtrArray *stream = g_hash_table_lookup (self->streams, group);

  if (stream == NULL)
    {
      stream = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_backplane_entry_unref);
      g_hash_table_insert (self->streams, g_strdup (group), stream);
    }
  return stream;
}

static guint64
get_number (NxBackplaneEntry *entry)
{
  return g_ascii_strtoull (nx_backplane_entry_get_id (entry), NULL, 10);
}

static void
give_to_all (Hub *self, const char *group, const char *id, GBytes *envelope)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      HubBackplane *node = g_ptr_array_index (self->nodes, i);
      guint recorded = GPOINTER_TO_UINT (g_hash_table_lookup (node->subscribed, group));

      if (recorded > (id != NULL ? 1 : 0))
        nx_backplane_received (NX_BACKPLANE (node), group, id, envelope);
    }
}

static guint
count_receivers (Hub *self, const char *group)
{
  guint n = 0;

  for (guint i = 0; i < self->nodes->len; i++)
    n += g_hash_table_contains (((HubBackplane *) g_ptr_array_index (self->nodes, i))->subscribed,
                                group);
  return n;
}

static void
publish (Hub *self, Job *job)
{
  g_autofree char *id = NULL;

  if (job->number > 0 && self->refuses)
    {
      g_autoptr (GError) error = g_error_new_literal (NX_ERROR, NX_ERROR_BACKPLANE, "full");

      if (job->node != NULL)
        nx_backplane_failed (NX_BACKPLANE (job->node), job->ticket, error);
      return;
    }
  if (job->number > 0)
    {
      GPtrArray *stream = get_stream (self, job->group);

      id = g_strdup_printf ("%" G_GUINT64_FORMAT, ++self->n_ids);
      g_ptr_array_add (stream, nx_backplane_entry_new (id, job->data));
      /* At least so many. */
      if (stream->len > job->number + 1)
        g_ptr_array_remove_range (stream, 0, stream->len - job->number - 1);
    }
  else
    self->n_published++;
  if (job->node != NULL && id == NULL && !self->is_silent)
    nx_backplane_delivered (NX_BACKPLANE (job->node), job->ticket,
                            count_receivers (self, job->group));
  else if (job->node != NULL)
    nx_backplane_published (NX_BACKPLANE (job->node), job->ticket, id);
  give_to_all (self, job->group, id, job->data);
}

/* @id: "node group member" */
static void
tell_present (Hub *hub, const char *id, GBytes *meta)
{
  g_auto (GStrv) words = g_strsplit (id, " ", 3);

  for (guint i = 0; i < hub->nodes->len; i++)
    {
      HubBackplane *node = g_ptr_array_index (hub->nodes, i);

      if (g_hash_table_contains (node->subscribed, words[1])
          && strcmp (nx_backplane_get_node (NX_BACKPLANE (node)), words[0]) != 0)
        nx_backplane_presence (NX_BACKPLANE (node), words[1], words[2], meta);
    }
}

static void
subscribe (Hub *self, Job *job)
{
  NxBackplane *node = NX_BACKPLANE (job->node);
  GPtrArray *stream = get_stream (self, job->group);
  guint64 after = job->text != NULL ? g_ascii_strtoull (job->text, NULL, 10) : G_MAXUINT64;
  GHashTableIter iter;
  gpointer id, meta;

  g_hash_table_insert (job->node->subscribed, g_strdup (job->group),
                       GUINT_TO_POINTER (job->number + 1));
  if (job->number && job->text != NULL && after != 0
      && (stream->len == 0 ? after != self->n_ids
                           : after + 1 < get_number (stream->pdata[0]) || after > self->n_ids))
    {
      nx_backplane_gap (node, job->group);
      if (after > self->n_ids)
        after = 0;
    }
  for (guint i = 0; job->number && i < stream->len; i++)
    if (get_number (stream->pdata[i]) > after)
      nx_backplane_received (node, job->group, nx_backplane_entry_get_id (stream->pdata[i]),
                             nx_backplane_entry_get_envelope (stream->pdata[i]));
  g_hash_table_iter_init (&iter, self->present);
  while (g_hash_table_iter_next (&iter, &id, &meta))
    {
      g_auto (GStrv) words = g_strsplit (id, " ", 3);

      if (strcmp (words[1], job->group) == 0
          && strcmp (words[0], nx_backplane_get_node (node)) != 0)
        nx_backplane_presence (node, job->group, words[2], meta);
    }
  nx_backplane_subscribed (node, job->group,
                           job->number == 0 ? NULL
                           : stream->len == 0
                               ? "0"
                               : nx_backplane_entry_get_id (stream->pdata[stream->len - 1]));
}

static void
fetch (Hub *self, Job *job)
{
  GPtrArray *stream = get_stream (self, job->group);
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nx_backplane_entry_unref);

  self->n_fetched++;
  for (guint i = stream->len > job->number ? stream->len - job->number : 0; i < stream->len; i++)
    g_ptr_array_add (entries, nx_backplane_entry_ref (stream->pdata[i]));
  nx_backplane_fetched (NX_BACKPLANE (job->node), job->ticket, entries, FALSE);
}

static void
set_presence (Hub *self, Job *job)
{
  char *id = g_strjoin (" ", nx_backplane_get_node (NX_BACKPLANE (job->node)), job->group,
                        job->text, NULL);

  tell_present (self, id, job->data);
  if (job->data != NULL)
    g_hash_table_insert (self->present, id, g_bytes_ref (job->data));
  else
    {
      g_hash_table_remove (self->present, id);
      g_free (id);
    }
}

static void
send_to (Hub *self, Job *job)
{
  g_autoptr (GError) error = g_error_new_literal (NX_ERROR, NX_ERROR_BACKPLANE, "no such node");

  for (guint i = 0; i < self->nodes->len; i++)
    {
      NxBackplane *node = g_ptr_array_index (self->nodes, i);

      if (strcmp (nx_backplane_get_node (node), job->group) != 0)
        continue;
      nx_backplane_received_direct (node, job->data);
      nx_backplane_published (NX_BACKPLANE (job->node), job->ticket, NULL);
      return;
    }
  nx_backplane_failed (NX_BACKPLANE (job->node), job->ticket, error);
}

void
hub_run (Hub *self)
{
  static void (*const functions[]) (Hub * hub, Job * job) = {
    [PUBLISH] = publish,       [SUBSCRIBE] = subscribe, [FETCH] = fetch,
    [PRESENCE] = set_presence, [SEND_TO] = send_to,
  };
  Job *job;

  while ((job = g_queue_pop_head (&self->jobs)) != NULL)
    {
      functions[job->what](self, job);
      job_free (job);
    }
}

void
hub_lose (Hub *self, NxBackplane *node, gboolean is_carried_out)
{
  leave (HUB_BACKPLANE (node), is_carried_out);
  forget_present (HUB_BACKPLANE (node));
  nx_backplane_set_state (node, NX_BACKPLANE_STATE_LOST);
}

void
hub_restore (Hub *self, NxBackplane *node)
{
  nx_backplane_set_state (node, NX_BACKPLANE_STATE_CONNECTED);
}

void
hub_forget (Hub *self)
{
  g_autoptr (GList) names = g_hash_table_get_keys (self->streams);

  self->n_ids = 0;
  for (GList *link = names; link != NULL; link = link->next)
    {
      g_ptr_array_set_size (g_hash_table_lookup (self->streams, link->data), 0);
      for (guint i = 0; i < self->nodes->len; i++)
        nx_backplane_gap (g_ptr_array_index (self->nodes, i), link->data);
    }
}

void
hub_inject (Hub *self, const char *group, GBytes *envelope)
{
  give_to_all (self, group, NULL, envelope);
}

NxBackplane *
hub_new_node (Hub *self)
{
  HubBackplane *node = g_object_new (HUB_TYPE_BACKPLANE, NULL);

  node->hub = self;
  return NX_BACKPLANE (node);
}

void
hub_init (Hub *self)
{
  *self = (Hub){ NULL };
  self->streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->present =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  self->nodes = g_ptr_array_new ();
}

void
hub_clear (Hub *self)
{
  g_queue_clear_full (&self->jobs, (GDestroyNotify) job_free);
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->present);
  g_ptr_array_unref (self->nodes);
}
