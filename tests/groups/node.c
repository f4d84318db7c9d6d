/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "node.h"

#include <string.h>

#define WAKE_MS 20
#define KEEP_BYTES (256 * 1024 * 1024)

static char *
to_text (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return g_strndup (data != NULL ? data : "", size);
}

static void note (Node *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
note (Node *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (self->log->len > 0)
    g_string_append (self->log, "; ");
  g_string_append_vprintf (self->log, format, arguments);
  va_end (arguments);
  if (self->event != NULL)
    self->event (self);
}

static void
subscribed_cb (gpointer owner, const char *group, const char *id)
{
  Node *self = owner;

  self->n_subscribed++;
  note (self, "subscribed %s", group);
}

static void
received_cb (gpointer owner, const char *group, const char *id, GBytes *payload)
{
  Node *self = owner;
  char *text = to_text (payload);

  g_ptr_array_add (self->received, text);
  g_ptr_array_add (self->ids, g_strdup (id != NULL ? id : ""));
  note (self, "received %s %s", group, text);
}

static void
gap_cb (gpointer owner, const char *group, const char *id)
{
  Node *self = owner;

  self->n_gaps++;
  note (self, "gap %s", group);
}

static void
published_cb (gpointer owner, gpointer tag, const char *id)
{
  Node *self = owner;

  g_hash_table_insert (self->accepted, tag, g_strdup (id != NULL ? id : ""));
  note (self, "accepted %u", GPOINTER_TO_UINT (tag));
}

static void
unrecorded_cb (gpointer owner,
               const char *group,
               GBytes *payload,
               gpointer tag,
               const GError *error)
{
  Node *self = owner;
  char *text = to_text (payload);

  g_assert_nonnull (error);
  g_ptr_array_add (self->unrecorded, text);
  note (self, "unrecorded %s %s", group, text);
}

static void
set_error (Node *self, const GError *error)
{
  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
failed_cb (gpointer owner, gpointer tag, const GError *error)
{
  Node *self = owner;

  self->n_failed++;
  set_error (self, error);
  note (self, "failed %u", GPOINTER_TO_UINT (tag));
}

static void
fetched_cb (gpointer owner, gpointer tag, GPtrArray *entries, gboolean gap, const GError *error)
{
  Node *self = owner;

  g_assert_true ((entries != NULL) == (error == NULL));
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  self->entries = entries != NULL ? g_ptr_array_ref (entries) : NULL;
  self->has_gap = gap;
  set_error (self, error);
  note (self, "fetched");
}

static void
presence_cb (gpointer owner, const char *group, const char *member, GBytes *meta)
{
  Node *self = owner;
  char *key = g_strconcat (group, "/", member, NULL);

  if (meta != NULL)
    {
      g_hash_table_insert (self->present, key, to_text (meta));
      note (self, "present %s", member);
    }
  else
    {
      g_assert_true (g_hash_table_remove (self->present, key));
      g_free (key);
      note (self, "absent %s", member);
    }
}

static void
received_direct_cb (gpointer owner, GBytes *payload)
{
  Node *self = owner;

  g_ptr_array_add (self->direct, to_text (payload));
  note (self, "direct");
}

static const NxBackplaneClient client = {
  .subscribed = subscribed_cb,
  .received = received_cb,
  .gap = gap_cb,
  .published = published_cb,
  .unrecorded = unrecorded_cb,
  .failed = failed_cb,
  .fetched = fetched_cb,
  .presence = presence_cb,
  .received_direct = received_direct_cb,
};

void
node_init (Node *self, NxBackplane *backplane)
{
  memset (self, 0, sizeof *self);
  self->backplane = backplane;
  self->keep_bytes = KEEP_BYTES;
  self->log = g_string_new (NULL);
  self->received = g_ptr_array_new_with_free_func (g_free);
  self->ids = g_ptr_array_new_with_free_func (g_free);
  self->accepted = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->unrecorded = g_ptr_array_new_with_free_func (g_free);
  self->present = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->direct = g_ptr_array_new_with_free_func (g_free);
  nx_backplane_set_client (backplane, &client, self);
}

void
node_init_redis (Node *self, const char *uri)
{
  GError *error = NULL;
  NxRedisBackplane *backplane = nx_redis_backplane_new (uri, &error);

  g_assert_no_error (error);
  g_object_set (backplane, "heartbeat-interval", 400, "timeout", 2000, "max-retry-delay", 200,
                NULL);
  node_init (self, NX_BACKPLANE (backplane));
}

void
node_start (Node *self)
{
  nx_backplane_start (self->backplane, 0);
}

void
node_clear (Node *self)
{
  self->event = NULL;
  nx_backplane_stop (self->backplane);
  g_assert_finalize_object (self->backplane);
  g_string_free (self->log, TRUE);
  g_ptr_array_unref (self->received);
  g_ptr_array_unref (self->ids);
  g_hash_table_unref (self->accepted);
  g_ptr_array_unref (self->unrecorded);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_clear_error (&self->error);
  g_hash_table_unref (self->present);
  g_ptr_array_unref (self->direct);
}

void
node_subscribe (Node *self, const char *group, gboolean is_recorded)
{
  nx_backplane_subscribe (self->backplane, group, is_recorded);
}

void
node_publish (Node *self, const char *group, const char *text, guint keep, guint tag)
{
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));
  const NxHistoryLimits limits = { keep, self->keep_ms, self->keep_bytes };

  nx_backplane_publish (self->backplane, group, payload, keep > 0 ? &limits : NULL,
                        GUINT_TO_POINTER (tag));
}

void
node_fetch (Node *self, const char *group, const char *after_id, guint limit)
{
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_clear_error (&self->error);
  nx_backplane_fetch (self->backplane, group, after_id, limit, self);
}

void
node_set_presence (Node *self, const char *group, const char *member, const char *meta)
{
  g_autoptr (GBytes) bytes = meta != NULL ? g_bytes_new (meta, strlen (meta)) : NULL;

  nx_backplane_set_presence (self->backplane, group, member, bytes);
}

char *
node_describe_entries (Node *self)
{
  GString *text = g_string_new (NULL);

  g_assert_nonnull (self->entries);
  for (guint i = 0; i < self->entries->len; i++)
    {
      GBytes *payload = nx_backplane_entry_get_envelope (g_ptr_array_index (self->entries, i));
      g_autofree char *one = payload != NULL ? to_text (payload) : g_strdup ("-");

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", one);
    }
  return g_string_free (text, FALSE);
}

char *
node_describe_received (Node *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->received->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                            (char *) g_ptr_array_index (self->received, i));
  return g_string_free (text, FALSE);
}

const char *
node_get_present (Node *self, const char *group, const char *member)
{
  g_autofree char *key = g_strconcat (group, "/", member, NULL);

  return g_hash_table_lookup (self->present, key);
}

guint64
node_count (Node *self, const char *property)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) number = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (self->backplane), property, &value);
  g_value_init (&number, G_TYPE_UINT64);
  g_assert_true (g_value_transform (&value, &number));
  return g_value_get_uint64 (&number);
}

static gboolean
tick_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* What a condition looks at may change without the main loop's knowing. */
GSource *
node_tick (void)
{
  GSource *source = g_timeout_source_new (WAKE_MS);

  g_source_set_callback (source, tick_cb, NULL, NULL);
  g_source_attach (source, NULL);
  return source;
}

void
node_untick (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}
