/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link to a Redis: two connections that are there together or not at all, tried again with growing delays, and a heartbeat. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <stdio.h>
#include <string.h>

#include "nx-error.h"

/* A heartbeat has two beats, and a beat two ticks: whoever dies is missed within less than two heartbeats. */
#define TICKS_A_HEARTBEAT 4
#define TICKS_A_BEAT 2

static gboolean
retry_cb (gpointer data)
{
  NxRedisBackplane *self = data;

  nx_redis_clear_source (&self->retry_source);
  nx_redis_link_open (self);
  return G_SOURCE_REMOVE;
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
  nx_redis_own_refresh (self);
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
      nx_redis_groups_try_again (self);
      nx_redis_presence_try_again (self);
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
  self->tick_source =
      nx_redis_start_timer (self, MAX (self->heartbeat_ms / TICKS_A_HEARTBEAT, 1), tick_cb);
  beat (self);
  nx_backplane_set_state (NX_BACKPLANE (self), NX_BACKPLANE_STATE_CONNECTED);
  if (self->commands != NULL)
    nx_redis_own_restored (self);
}

/* What a line of INFO says, such as "run_id"; NULL when there is none. */
static char *
find_in_info (redisReply *reply, const char *name)
{
  g_autofree char *begin = g_strdup_printf ("\n%s:", name);
  const char *found = reply->type == REDIS_REPLY_STRING ? strstr (reply->str, begin) : NULL;

  if (found == NULL)
    return NULL;
  found += strlen (begin);
  return g_strndup (found, strcspn (found, "\r\n"));
}

/* Before 6.2 a stream can be trimmed by its length, and not by an id. */
static void
look_at_version (NxRedisBackplane *self, const char *version)
{
  gboolean lacked = self->lacks_minid;
  guint major, minor;

  if (version == NULL || sscanf (version, "%u.%u", &major, &minor) != 2)
    return;
  self->lacks_minid = major < 6 || (major == 6 && minor < 2);
  if (self->lacks_minid && !lacked)
    g_message (
        "Backplane: %s is %s: before 6.2 a history there has history-size for its only limit",
        self->address->text, version);
}

/* The server's process, as its run_id has it: an id of a client means nothing to another one. */
static void
info_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  g_autofree char *version = find_in_info (reply, "redis_version");

  self->run_id = find_in_info (reply, "run_id");
  look_at_version (self, version);
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
  self->retry = retry_cb;
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
  nx_redis_link_disconnect (self);
  g_hash_table_remove_all (self->own);
  nx_redis_clear_source (&self->retry_source);
  self->n_attempts = 0;
}
