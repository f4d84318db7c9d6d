/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

struct _Relay
{
  char *path;
  char *to;
  char *uri;
  GThreadedSocketService *service;
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  GCancellable *end;
  GMutex lock;
  GCond changed;
  guint delay_ms;
  guint generation;   /* of the connections that come now */
  guint n_held_below; /* connections of earlier generations are cut */
  int n_pumps;
};

typedef struct
{
  Relay *relay;
  GInputStream *from;
  GOutputStream *to;
  guint generation;
} Pump;

static gboolean
wait_until_it_passes (Pump *pump)
{
  Relay *relay = pump->relay;
  gboolean is_over;

  g_mutex_lock (&relay->lock);
  while (pump->generation < relay->n_held_below && !g_cancellable_is_cancelled (relay->end))
    g_cond_wait (&relay->changed, &relay->lock);
  is_over = g_cancellable_is_cancelled (relay->end);
  if (!is_over && relay->delay_ms > 0)
    {
      gint64 until_us = g_get_monotonic_time () + relay->delay_ms * G_GINT64_CONSTANT (1000);

      while (!g_cancellable_is_cancelled (relay->end)
             && g_cond_wait_until (&relay->changed, &relay->lock, until_us))
        continue;
    }
  g_mutex_unlock (&relay->lock);
  return !is_over;
}

static gpointer
pump_main (gpointer data)
{
  Pump *pump = data;
  char buffer[4096];
  gssize length;

  while (
      (length = g_input_stream_read (pump->from, buffer, sizeof buffer, pump->relay->end, NULL)) > 0
      && wait_until_it_passes (pump)
      && g_output_stream_write_all (pump->to, buffer, (gsize) length, NULL, pump->relay->end, NULL))
    continue;
  /* An end that is behind a cut is not seen either. */
  wait_until_it_passes (pump);
  return NULL;
}

static gboolean
run_cb (GThreadedSocketService *service, GSocketConnection *client, GObject *source, Relay *relay)
{
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (relay->to);
  g_autoptr (GSocketConnection) server =
      g_socket_client_connect (connector, G_SOCKET_CONNECTABLE (address), relay->end, NULL);
  Pump there = { .relay = relay }, back = { .relay = relay };
  GThread *thread;

  if (server == NULL)
    return TRUE;
  g_mutex_lock (&relay->lock);
  there.generation = back.generation = relay->generation;
  relay->n_pumps++;
  g_mutex_unlock (&relay->lock);
  there.from = g_io_stream_get_input_stream (G_IO_STREAM (client));
  there.to = g_io_stream_get_output_stream (G_IO_STREAM (server));
  back.from = g_io_stream_get_input_stream (G_IO_STREAM (server));
  back.to = g_io_stream_get_output_stream (G_IO_STREAM (client));
  thread = g_thread_new ("relay", pump_main, &back);
  pump_main (&there);
  g_socket_shutdown (g_socket_connection_get_socket (server), TRUE, TRUE, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (client), TRUE, TRUE, NULL);
  g_thread_join (thread);
  g_mutex_lock (&relay->lock);
  relay->n_pumps--;
  g_cond_broadcast (&relay->changed);
  g_mutex_unlock (&relay->lock);
  return TRUE;
}

static gpointer
relay_main (gpointer data)
{
  Relay *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

Relay *
relay_new (const char *folder, const char *to)
{
  Relay *self = g_new0 (Relay, 1);
  g_autoptr (GSocketAddress) address = NULL;
  GError *error = NULL;

  self->path = g_build_filename (folder, "relay", NULL);
  self->uri = g_strdup_printf ("redis+unix://%s", self->path);
  self->to = g_strdup (to);
  self->end = g_cancellable_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  address = g_unix_socket_address_new (self->path);
  g_main_context_push_thread_default (self->context);
  self->service = G_THREADED_SOCKET_SERVICE (g_threaded_socket_service_new (-1));
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 0, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "run", G_CALLBACK (run_cb), self);
  g_socket_service_start (G_SOCKET_SERVICE (self->service));
  g_main_context_pop_thread_default (self->context);
  self->thread = g_thread_new ("relays", relay_main, self);
  return self;
}

static gboolean
quit_cb (gpointer data)
{
  Relay *self = data;

  g_socket_service_stop (G_SOCKET_SERVICE (self->service));
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

void
relay_free (Relay *self)
{
  GSource *source = g_idle_source_new ();

  g_cancellable_cancel (self->end);
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  while (self->n_pumps > 0)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
  g_source_set_callback (source, quit_cb, self, NULL);
  g_source_attach (source, self->context);
  g_source_unref (source);
  g_thread_join (self->thread);
  g_object_unref (self->service);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_object_unref (self->end);
  g_unlink (self->path);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->path);
  g_free (self->uri);
  g_free (self->to);
  g_free (self);
}

const char *
relay_get_uri (Relay *self)
{
  return self->uri;
}

void
relay_set_delay (Relay *self, guint delay_ms)
{
  g_mutex_lock (&self->lock);
  self->delay_ms = delay_ms;
  g_mutex_unlock (&self->lock);
}

void
relay_cut (Relay *self)
{
  g_mutex_lock (&self->lock);
  self->n_held_below = G_MAXUINT;
  g_mutex_unlock (&self->lock);
}

void
relay_heal_new (Relay *self)
{
  g_mutex_lock (&self->lock);
  self->n_held_below = ++self->generation;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
relay_release (Relay *self)
{
  g_mutex_lock (&self->lock);
  self->n_held_below = 0;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}
