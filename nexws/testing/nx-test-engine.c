/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-engine-private.h"

#include "testing/nx-test-stream-private.h"

struct _NxTestEngine
{
  GMainContext *context;
  NxTestTap tap;
  NxTestStream *stream;
  SoupWebsocketConnection *connection;
  gboolean is_turning;
  const NxTestEngineFuncs *funcs;
  gpointer owner;
};

static void
message_cb (SoupWebsocketConnection *connection, int type, GBytes *payload, NxTestEngine *self)
{
  self->funcs->message (type, payload, self->owner);
}

static void
control_cb (NxOpcode opcode, const guint8 *payload, gsize length, gpointer data)
{
  NxTestEngine *self = data;

  self->funcs->control (opcode, payload, length, self->owner);
}

static void
error_cb (SoupWebsocketConnection *connection, GError *error, NxTestEngine *self)
{
  self->funcs->failed (error, self->owner);
}

/* Also said when it is us who begin to close: there is no code then. */
static void
closing_cb (SoupWebsocketConnection *connection, NxTestEngine *self)
{
  guint code = soup_websocket_connection_get_close_code (connection);

  if (code != 0)
    self->funcs->closing (code, soup_websocket_connection_get_close_data (connection), self->owner);
}

static void
closed_cb (SoupWebsocketConnection *connection, NxTestEngine *self)
{
  closing_cb (connection, self);
  self->funcs->closed (self->owner);
}

static void
turn (NxTestEngine *self)
{
  if (self->is_turning)
    return;
  self->is_turning = TRUE;
  while (g_main_context_iteration (self->context, FALSE))
    ;
  self->is_turning = FALSE;
}

/* libsoup makes its sources for the default context of the thread. */
static void
enter (NxTestEngine *self)
{
  g_main_context_push_thread_default (self->context);
}

static void
leave (NxTestEngine *self)
{
  turn (self);
  g_main_context_pop_thread_default (self->context);
}

NxTestEngine *
nx_test_engine_new (NxMemoryPeer *peer,
                    GUri *uri,
                    const char *subprotocol,
                    SoupWebsocketExtension *extension,
                    const guint8 *early,
                    gsize length,
                    const NxTestEngineFuncs *funcs,
                    gpointer owner)
{
  NxTestEngine *self = g_new0 (NxTestEngine, 1);
  GList *extensions =
      extension != NULL ? g_list_prepend (NULL, g_object_ref (extension)) : NULL; /* taken */

  self->context = g_main_context_new ();
  nx_test_tap_init (&self->tap, control_cb, self);
  self->stream = nx_test_stream_new (peer, &self->tap, early, length);
  self->funcs = funcs;
  self->owner = owner;

  g_main_context_push_thread_default (self->context);
  self->connection = soup_websocket_connection_new (G_IO_STREAM (self->stream), uri,
                                                    SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL,
                                                    subprotocol, extensions);
  g_main_context_pop_thread_default (self->context);
  soup_websocket_connection_set_max_incoming_payload_size (self->connection, 0);
  g_signal_connect (self->connection, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->connection, "error", G_CALLBACK (error_cb), self);
  g_signal_connect (self->connection, "closing", G_CALLBACK (closing_cb), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
  return self;
}

void
nx_test_engine_free (NxTestEngine *self)
{
  g_assert (!self->is_turning);
  g_signal_handlers_disconnect_by_data (self->connection, self);
  enter (self);
  nx_test_stream_half_close (self->stream);
  g_object_unref (self->connection);
  leave (self);
  g_object_unref (self->stream);
  g_main_context_unref (self->context);
  g_free (self);
}

void
nx_test_engine_turn (NxTestEngine *self)
{
  enter (self);
  nx_test_stream_look (self->stream);
  leave (self);
}

void
nx_test_engine_send (NxTestEngine *self, SoupWebsocketDataType type, GBytes *payload)
{
  enter (self);
  soup_websocket_connection_send_message (self->connection, type, payload);
  leave (self);
}

void
nx_test_engine_send_raw (NxTestEngine *self, const guint8 *data, gsize length)
{
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (self->stream));

  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data, length, NULL,
                                              NULL);
}

void
nx_test_engine_close (NxTestEngine *self, guint code, const char *reason)
{
  enter (self);
  soup_websocket_connection_close (self->connection, (gushort) code, reason);
  leave (self);
}

void
nx_test_engine_set_reading (NxTestEngine *self, gboolean reading)
{
  nx_test_stream_set_reading (self->stream, reading);
  nx_test_engine_turn (self);
}

void
nx_test_engine_half_close (NxTestEngine *self)
{
  nx_test_stream_half_close (self->stream);
}

void
nx_test_engine_cut (NxTestEngine *self)
{
  nx_test_stream_cut (self->stream);
  nx_test_engine_turn (self);
}
