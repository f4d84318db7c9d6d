/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link to a Redis: two connections that are there together or not at all, tried again with growing delays, and a heartbeat. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#include "nx-error.h"

#define FIRST_DELAY_MS 100
#define MAX_DOUBLINGS 16
/* A heartbeat has two beats, and a beat two ticks: whoever dies is missed within less than two heartbeats. */
#define TICKS_A_HEARTBEAT 4
#define TICKS_A_BEAT 2

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
start_timer (NxRedisBackplane *self, guint interval_ms, GSourceFunc func)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GSource *source = g_timeout_source_new (interval_ms);

  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, context);
  return source;
}

guint
nx_redis_link_get_ttl (NxRedisBackplane *self)
{
  return self->heartbeat_ms + self->heartbeat_ms / 2;
}

GError *
nx_redis_link_make_error (NxRedisBackplane *self, redisReply *reply)
{
  return nx_redis_reply_to_error (reply, self->address->text);
}

static void
disconnect (NxRedisBackplane *self)
{
  clear_source (&self->tick_source);
  if (self->run_id != NULL)
    {
      g_free (self->old_run_id);
      self->old_run_id = g_steal_pointer (&self->run_id);
      self->old_client_id = self->client_id;
    }
  self->has_commands = self->has_pushes = FALSE;
  g_clear_pointer (&self->commands, nx_redis_connection_close);
  g_clear_pointer (&self->pushes, nx_redis_connection_close);
  nx_redis_trim_clear (self);
  nx_redis_groups_clear (self);
  g_hash_table_remove_all (self->touched);
  g_hash_table_remove_all (self->deadlines);
  g_hash_table_remove_all (self->buried);
  g_hash_table_remove_all (self->own);
}

static gboolean
retry_cb (gpointer data)
{
  NxRedisBackplane *self = data;

  clear_source (&self->retry_source);
  nx_redis_link_open (self);
  return G_SOURCE_REMOVE;
}

/* Longer each time, and not the same for all who lost it at once. */
static guint
get_delay_ms (NxRedisBackplane *self)
{
  guint64 delay_ms = (guint64) FIRST_DELAY_MS << MIN (self->n_attempts, MAX_DOUBLINGS);

  delay_ms = self->is_refused ? self->max_delay_ms : MIN (delay_ms, self->max_delay_ms);
  return (guint) (delay_ms / 2 + g_random_double_range (0, (double) delay_ms / 2 + 1));
}

void
nx_redis_link_lose (NxRedisBackplane *self, const GError *error)
{
  NxBackplane *base = NX_BACKPLANE (self);
  g_autoptr (NxBackplane) kept = g_object_ref (base);

  disconnect (self);
  self->retry_source = start_timer (self, get_delay_ms (self), retry_cb);
  self->n_attempts++;
  nx_backplane_report (base, error);
  if (nx_backplane_get_state (base) == NX_BACKPLANE_STATE_CONNECTED)
    nx_backplane_set_state (base, NX_BACKPLANE_STATE_LOST);
}

/* -- The heartbeat -- */

static void
beat (NxRedisBackplane *self)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *channel = g_strconcat (self->channels, "alive", NULL);
  g_autofree char *life = g_strdup_printf ("%s %u", node, nx_redis_link_get_ttl (self));

  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "PUBLISH", channel, life);
  NX_REDIS_SEND (self->pushes, NULL, NULL, NULL, "PING");
  nx_redis_presence_refresh (self);
}

static gboolean
tick_cb (gpointer data)
{
  NxRedisBackplane *self = data;
  g_autoptr (NxRedisBackplane) kept = g_object_ref (self);
  gint64 now_us = g_get_monotonic_time ();
  gint64 tick_us = self->heartbeat_ms * G_GINT64_CONSTANT (1000) / TICKS_A_HEARTBEAT;
  gint64 late_us = MAX (now_us - self->ticked_us - tick_us, 0);

  self->ticked_us = now_us;
  self->n_ticks++;
  /* Whoever slept hears what was said meanwhile only after this. */
  nx_redis_presence_expire (self, late_us);
  if (self->n_ticks % TICKS_A_BEAT == 0 && self->tick_source != NULL)
    beat (self);
  if (self->n_ticks % TICKS_A_HEARTBEAT == 0 && self->tick_source != NULL)
    {
      self->n_attempts = 0;
      nx_redis_streams_verify_all (self);
      nx_redis_trim_all (self);
    }
  return G_SOURCE_CONTINUE;
}

/* -- Logging in -- */

static void
refuse (NxRedisBackplane *self, const char *what)
{
  g_autoptr (GError) error =
      g_error_new (NX_ERROR, NX_ERROR_BACKPLANE, "%s: %s", self->address->text, what);

  self->is_refused = TRUE;
  nx_redis_link_lose (self, error);
}

/* Of the answer to a password no more than its first word is shown: a server may repeat what it was sent. */
static void
authenticated_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;

  if (reply->type != REDIS_REPLY_ERROR)
    return;
  if (nx_redis_reply_is_error (reply, "WRONGPASS"))
    refuse (self, "the user or the password is wrong (WRONGPASS)");
  else if (nx_redis_reply_is_error (reply, "LOADING"))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      nx_redis_link_lose (self, error);
    }
  else
    refuse (self, "it does not take the password");
}

/* What has to succeed. */
static void
prepared_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  g_autoptr (GError) error = NULL;

  if (reply->type != REDIS_REPLY_ERROR)
    return;
  if (nx_redis_reply_is_error (reply, "NOAUTH"))
    {
      refuse (self, "it wants a password (NOAUTH)");
      return;
    }
  self->is_refused = nx_redis_reply_is_error (reply, "NOPERM");
  error = nx_redis_link_make_error (self, reply);
  nx_redis_link_lose (self, error);
}

static void
client_id_cb (redisReply *reply, gpointer data, gpointer owner)
{
  ((NxRedisBackplane *) owner)->client_id = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
}

static void
kill_predecessor (NxRedisBackplane *self)
{
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, self->old_client_id);

  if (self->old_client_id > 0 && self->run_id != NULL
      && g_strcmp0 (self->old_run_id, self->run_id) == 0)
    NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "CLIENT", "KILL", "ID", id);
  self->old_client_id = 0;
}

static void
become_connected (NxRedisBackplane *self)
{
  if (!self->has_commands || !self->has_pushes)
    return;
  self->is_refused = FALSE;
  kill_predecessor (self);
  self->n_ticks = 0;
  self->ticked_us = g_get_monotonic_time ();
  self->tick_source = start_timer (self, MAX (self->heartbeat_ms / TICKS_A_HEARTBEAT, 1), tick_cb);
  beat (self);
  nx_backplane_set_state (NX_BACKPLANE (self), NX_BACKPLANE_STATE_CONNECTED);
}

/* The server's process, as the line run_id:… has it: an id of a client means nothing to another one. */
static void
info_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  const char *found = reply->type == REDIS_REPLY_STRING ? strstr (reply->str, "\nrun_id:") : NULL;

  if (found != NULL)
    {
      found += strlen ("\nrun_id:");
      self->run_id = g_strndup (found, strcspn (found, "\r\n"));
    }
  self->has_commands = TRUE;
  become_connected (self);
}

static void
listening_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;

  if (reply->type == REDIS_REPLY_ERROR)
    {
      prepared_cb (reply, data, owner);
      return;
    }
  self->has_pushes = TRUE;
  become_connected (self);
}

static void
log_in (NxRedisBackplane *self, NxRedisConnection *connection)
{
  NxRedisAddress *address = self->address;

  if (address->user != NULL)
    NX_REDIS_SEND (connection, authenticated_cb, NULL, NULL, "AUTH", address->user,
                   address->password);
  else if (address->password != NULL)
    NX_REDIS_SEND (connection, authenticated_cb, NULL, NULL, "AUTH", address->password);
  NX_REDIS_SEND (connection, prepared_cb, NULL, NULL, "PING");
}

static void
connected_cb (NxRedisConnection *connection, gpointer owner)
{
  NxRedisBackplane *self = owner;
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));

  log_in (self, connection);
  if (connection == self->pushes)
    {
      g_autofree char *direct = g_strconcat (self->channels, "d:", node, NULL);
      g_autofree char *alive = g_strconcat (self->channels, "alive", NULL);

      NX_REDIS_SEND (connection, prepared_cb, NULL, NULL, "SUBSCRIBE", direct);
      NX_REDIS_SEND (connection, listening_cb, NULL, NULL, "SUBSCRIBE", alive);
      return;
    }
  if (self->address->database != 0)
    {
      g_autofree char *database = g_strdup_printf ("%u", self->address->database);

      NX_REDIS_SEND (connection, prepared_cb, NULL, NULL, "SELECT", database);
    }
  NX_REDIS_SEND (connection, client_id_cb, NULL, NULL, "CLIENT", "ID");
  NX_REDIS_SEND (connection, info_cb, NULL, NULL, "INFO", "server");
}

static void
failed_cb (NxRedisConnection *connection, const GError *error, gpointer owner)
{
  nx_redis_link_lose (owner, error);
}

static void
pushed_cb (NxRedisConnection *connection,
           const char *channel,
           const char *data,
           gsize length,
           gpointer owner)
{
  nx_redis_groups_pushed (owner, channel, data, length);
}

static void
flushing_cb (NxRedisConnection *connection, gpointer owner)
{
  NxRedisBackplane *self = owner;

  if (connection == self->commands)
    nx_redis_streams_notify (self);
}

static const NxRedisConnectionFuncs connection_funcs = {
  .connected = connected_cb,
  .pushed = pushed_cb,
  .flushing = flushing_cb,
  .failed = failed_cb,
};

void
nx_redis_link_open (NxRedisBackplane *self)
{
  g_autoptr (GError) error = NULL;

  self->is_running = TRUE;
  /* nx_redis_backplane_new() has said it already, if it was that. */
  if (!nx_redis_tls_load (&self->tls, self->address, &error))
    {
      nx_redis_link_lose (self, error);
      return;
    }
  self->commands = nx_redis_connection_new (self->address, self->timeout_ms, &self->tls,
                                            &connection_funcs, self);
  self->pushes = nx_redis_connection_new (self->address, self->timeout_ms, &self->tls,
                                          &connection_funcs, self);
}

void
nx_redis_link_close (NxRedisBackplane *self)
{
  self->is_running = FALSE;
  disconnect (self);
  clear_source (&self->retry_source);
  self->n_attempts = 0;
}
