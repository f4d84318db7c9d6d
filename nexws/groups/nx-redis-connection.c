/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-redis-connection-private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "groups/nx-flush-source-private.h"
#include "nx-error.h"

#define READ_SIZE (64 * 1024)
/* What the other end may make us keep of an answer that is not whole: octets, and elements, whether they have come or are announced. */
#define MAX_REPLY (64 * 1024 * 1024)
#define MAX_ELEMENTS (1024 * 1024)
/* How deep they may stand in each other. hiredis 0.14 has a bound of its own; from 1.0 on it goes on, and frees them by recursion. */
#define MAX_DEPTH 8
/* What it may leave unread. */
#define MAX_OUTPUT (64 * 1024 * 1024)
/* How often the deadlines are looked at in the time that an answer may take. */
#define CHECKS_A_TIMEOUT 4
#define KEEP_OUTPUT (64 * 1024)

#if HIREDIS_MAJOR >= 1
typedef size_t ElementCount;
#else
typedef int ElementCount;
#endif

typedef struct
{
  NxRedisReplyFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Command;

struct _NxRedisConnection
{
  int n_refs;
  char *where; /* for people */
  const NxRedisConnectionFuncs *funcs;
  gpointer owner;
  GMainContext *context;
  guint timeout_ms;
  NxRedisTls tls;
  GTlsConnection *handshake; /* until there is a stream */
  gboolean is_over;

  GCancellable *cancellable;
  GIOStream *stream; /* NULL while it connects */
  GPollableInputStream *input;
  GPollableOutputStream *output;
  GSource *read_source;
  GSource *write_source; /* while it takes no more */
  GSource *flush_source; /* an NxFlushSource */
  GSource *check_source;

  redisReader *reader;
  redisReplyObjectFunctions reply_functions;
  void *(*create_array) (const redisReadTask *, ElementCount);
  guint8 *buffer;
  /* Of the answer that is not whole. */
  gsize n_octets;
  gsize n_elements;

  GByteArray *gathered;
  gsize n_written;
  GQueue commands; /* of Command: not answered yet, in order */
  gint64
      head_us; /* since when the first of them is; 0: there is none. While it connects, since when it does */
  gint64 checked_us;
};

static void
unref (NxRedisConnection *self)
{
  if (--self->n_refs > 0)
    return;
  g_clear_object (&self->cancellable);
  g_clear_object (&self->stream);
  g_clear_object (&self->handshake);
  nx_redis_tls_clear (&self->tls);
  g_clear_pointer (&self->reader, redisReaderFree);
  g_byte_array_unref (self->gathered);
  g_main_context_unref (self->context);
  g_free (self->buffer);
  g_free (self->where);
  g_free (self);
}

static void
command_free (Command *command)
{
  if (command->destroy != NULL)
    command->destroy (command->data);
  g_free (command);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
end (NxRedisConnection *self)
{
  GQueue commands = self->commands;

  if (self->is_over)
    return;
  self->is_over = TRUE;
  clear_source (&self->read_source);
  clear_source (&self->write_source);
  clear_source (&self->flush_source);
  clear_source (&self->check_source);
  g_cancellable_cancel (self->cancellable);
  /* Not g_io_stream_close(), which over TLS may wait for the other end. */
  if (G_IS_SOCKET_CONNECTION (self->stream))
    g_socket_close (g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->stream)), NULL);
  g_queue_init (&self->commands);
  g_queue_clear_full (&commands, (GDestroyNotify) command_free);
}

void
nx_redis_connection_fail (NxRedisConnection *self, const GError *error)
{
  const NxRedisConnectionFuncs *funcs = self->funcs;

  if (self->is_over)
    return;
  self->n_refs++;
  end (self);
  if (funcs != NULL)
    funcs->failed (self, error, self->owner);
  unref (self);
}

static void G_GNUC_PRINTF (3, 4) fail (NxRedisConnection *self, int code, const char *format, ...)
{
  va_list arguments;
  g_autofree char *what = NULL;
  g_autoptr (GError) error = NULL;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  error = g_error_new (NX_ERROR, code, "%s: %s", self->where, what);
  nx_redis_connection_fail (self, error);
}

/* -- Reading -- */

/* hiredis would make room for as many elements as the other end says there will be. */
static void *
create_array (const redisReadTask *task, ElementCount n_elements)
{
  NxRedisConnection *self = task->privdata;
  guint depth = 0;

  for (const redisReadTask *outer = task; outer != NULL; outer = outer->parent)
    depth++;
  if ((gsize) n_elements > MAX_ELEMENTS - self->n_elements || depth > MAX_DEPTH)
    return NULL;
  self->n_elements += (gsize) n_elements;
  return self->create_array (task, n_elements);
}

static gboolean
is_string (redisReply *reply)
{
  return reply->type == REDIS_REPLY_STRING;
}

static gboolean
is_push (redisReply *reply)
{
  return reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 && is_string (reply->element[0])
         && strcmp (reply->element[0]->str, "message") == 0 && is_string (reply->element[1])
         && is_string (reply->element[2]);
}

static void
take_reply (NxRedisConnection *self, redisReply *reply)
{
  Command *command;

  if (is_push (reply))
    {
      self->funcs->pushed (self, reply->element[1]->str, reply->element[2]->str,
                           reply->element[2]->len, self->owner);
      return;
    }
  command = g_queue_pop_head (&self->commands);
  if (command == NULL)
    {
      fail (self, NX_ERROR_BACKPLANE, "It answers what was not asked");
      return;
    }
  self->head_us = g_queue_is_empty (&self->commands) ? 0 : g_get_monotonic_time ();
  if (command->func != NULL)
    command->func (reply, command->data, self->owner);
  command_free (command);
}

static void
take_replies (NxRedisConnection *self)
{
  void *reply;

  while (!self->is_over)
    {
      if (redisReaderGetReply (self->reader, &reply) != REDIS_OK)
        {
          fail (self, NX_ERROR_BACKPLANE, "It does not speak as Redis does (%s)",
                self->reader->errstr);
          return;
        }
      if (reply == NULL)
        return;
      self->n_octets = self->reader->len - self->reader->pos;
      self->n_elements = 0;
      take_reply (self, reply);
      freeReplyObject (reply);
    }
}

static void
take_octets (NxRedisConnection *self, gsize length)
{
  if (redisReaderFeed (self->reader, (const char *) self->buffer, length) != REDIS_OK)
    {
      fail (self, NX_ERROR_BACKPLANE, "There is no memory for its answer");
      return;
    }
  self->n_octets += length;
  take_replies (self);
  if (!self->is_over && self->n_octets > MAX_REPLY)
    fail (self, NX_ERROR_TOO_LARGE, "Its answer is larger than %d MiB", MAX_REPLY / (1024 * 1024));
}

static void
read_some (NxRedisConnection *self)
{
  g_autoptr (GError) error = NULL;
  gssize length =
      g_pollable_input_stream_read_nonblocking (self->input, self->buffer, READ_SIZE, NULL, &error);

  self->n_refs++;
  if (length > 0)
    take_octets (self, (gsize) length);
  else if (length == 0)
    fail (self, NX_ERROR_BACKPLANE, "It closed the connection");
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    fail (self, NX_ERROR_BACKPLANE, "%s", error->message);
  unref (self);
}

static gboolean
readable_cb (GObject *stream, gpointer self)
{
  read_some (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
socket_readable_cb (GSocket *socket, GIOCondition condition, gpointer self)
{
  read_some (self);
  return G_SOURCE_CONTINUE;
}

/* -- Writing -- */

static gboolean writable_cb (GObject *stream, gpointer data);

static void
wait_for_room (NxRedisConnection *self)
{
  if (self->write_source != NULL)
    return;
  self->write_source = g_pollable_output_stream_create_source (self->output, NULL);
  g_source_set_callback (self->write_source, G_SOURCE_FUNC (writable_cb), self, NULL);
  g_source_attach (self->write_source, self->context);
}

static void
write_gathered (NxRedisConnection *self)
{
  while (self->n_written < self->gathered->len)
    {
      g_autoptr (GError) error = NULL;
      gssize length = g_pollable_output_stream_write_nonblocking (
          self->output, self->gathered->data + self->n_written,
          self->gathered->len - self->n_written, NULL, &error);

      if (length >= 0)
        {
          self->n_written += (gsize) length;
          continue;
        }
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        wait_for_room (self);
      else
        fail (self, NX_ERROR_BACKPLANE, "%s", error->message);
      return;
    }
  self->n_written = 0;
  g_byte_array_set_size (self->gathered, 0);
  clear_source (&self->write_source);
}

static gboolean
writable_cb (GObject *stream, gpointer data)
{
  NxRedisConnection *self = data;

  self->n_refs++;
  write_gathered (self);
  unref (self);
  return G_SOURCE_CONTINUE;
}

/* What was gathered leaves, if the other end takes it at once. */
void
nx_redis_connection_close (NxRedisConnection *self)
{
  self->funcs = NULL;
  if (!self->is_over && self->stream != NULL && self->write_source == NULL)
    write_gathered (self);
  end (self);
  unref (self);
}

static gboolean
flush_cb (gpointer data)
{
  NxRedisConnection *self = data;

  self->n_refs++;
  self->funcs->flushing (self, self->owner);
  if (!self->is_over)
    nx_flush_source_set_ready (self->flush_source, FALSE);
  if (!self->is_over && self->write_source == NULL)
    write_gathered (self);
  unref (self);
  return G_SOURCE_CONTINUE;
}

void
nx_redis_connection_want_flush (NxRedisConnection *self)
{
  if (!self->is_over && self->stream != NULL)
    nx_flush_source_set_ready (self->flush_source, TRUE);
}

void
nx_redis_connection_send (NxRedisConnection *self,
                          NxRedisReplyFunc func,
                          gpointer data,
                          GDestroyNotify destroy,
                          int n_words,
                          const char **words,
                          const gsize *lengths)
{
  Command *command = g_new0 (Command, 1);
  char *formatted = NULL;
  int length = self->is_over ? -1 : redisFormatCommandArgv (&formatted, n_words, words, lengths);

  command->func = func;
  command->data = data;
  command->destroy = destroy;
  if (length < 0)
    {
      command_free (command);
      return;
    }
  g_queue_push_tail (&self->commands, command);
  if (self->head_us == 0)
    self->head_us = g_get_monotonic_time ();
  g_byte_array_append (self->gathered, (const guint8 *) formatted, (guint) length);
  redisFreeCommand (formatted);
  nx_redis_connection_want_flush (self);
}

/* -- Deadlines -- */

/*
 * Who came late to look, because the process was stopped or busy, does not know whether the answer came late. And an answer that drips
 * does not count as one that came.
 */
static gboolean
check_cb (gpointer data)
{
  NxRedisConnection *self = data;
  gint64 now_us = g_get_monotonic_time ();
  gint64 timeout_us = self->timeout_ms * G_GINT64_CONSTANT (1000);
  gint64 late_us = now_us - self->checked_us - timeout_us / CHECKS_A_TIMEOUT;

  self->checked_us = now_us;
  self->n_refs++;
  if (self->head_us != 0 && late_us > timeout_us / CHECKS_A_TIMEOUT)
    self->head_us += late_us;
  if (self->head_us != 0 && now_us - self->head_us > timeout_us)
    fail (self, NX_ERROR_TIMEOUT,
          self->handshake != NULL
              ? "It has not answered for %u ms in TLS's handshake; is that the port for it?"
              : "It has not answered for %u ms",
          self->timeout_ms);
  else if (self->gathered->len - self->n_written > MAX_OUTPUT)
    fail (self, NX_ERROR_BACKPLANE, "It does not take what is sent to it");
  unref (self);
  return G_SOURCE_CONTINUE;
}

/* -- Connecting -- */

static GSource *
attach (NxRedisConnection *self, GSource *source, GSourceFunc func)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, self->context);
  return source;
}

static void
begin (NxRedisConnection *self, GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);

  self->stream = G_IO_STREAM (g_object_ref (connection));
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
  if (g_socket_get_family (socket) != G_SOCKET_FAMILY_UNIX)
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_keepalive (socket, TRUE);
  self->head_us = 0;
  /* A stream's source wraps the socket's, and each time that it is dispatched costs two system calls more. */
  if (G_IS_TCP_WRAPPER_CONNECTION (connection))
    self->read_source = attach (self, g_pollable_input_stream_create_source (self->input, NULL),
                                G_SOURCE_FUNC (readable_cb));
  else
    self->read_source = attach (self, g_socket_create_source (socket, G_IO_IN, NULL),
                                G_SOURCE_FUNC (socket_readable_cb));
  self->flush_source = attach (self, nx_flush_source_new (), flush_cb);
  self->funcs->connected (self, self->owner);
}

static void
connected_cb (GObject *client, GAsyncResult *result, gpointer data)
{
  NxRedisConnection *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);

  if (!self->is_over && connection != NULL)
    begin (self, connection);
  else if (!self->is_over)
    {
      g_autofree char *what = nx_redis_tls_explain (self->handshake, error);

      fail (self, NX_ERROR_BACKPLANE, "%s", what);
    }
  g_clear_object (&self->handshake);
  unref (self);
}

static void
event_cb (GSocketClient *client,
          GSocketClientEvent event,
          GSocketConnectable *connectable,
          GIOStream *stream,
          NxRedisConnection *self)
{
  if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING)
    return;
  g_set_object (&self->handshake, G_TLS_CONNECTION (stream));
  nx_redis_tls_prepare (&self->tls, self->handshake);
}

NxRedisConnection *
nx_redis_connection_new (const NxRedisAddress *address,
                         guint timeout_ms,
                         const NxRedisTls *tls,
                         const NxRedisConnectionFuncs *funcs,
                         gpointer owner)
{
  NxRedisConnection *self = g_new0 (NxRedisConnection, 1);
  g_autoptr (GSocketConnectable) connectable = nx_redis_address_make_connectable (address);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  self->n_refs = 2; /* the caller's, and that of the attempt */
  self->where = g_strdup (address->text);
  self->funcs = funcs;
  self->owner = owner;
  self->context = g_main_context_ref_thread_default ();
  self->timeout_ms = timeout_ms;
  nx_redis_tls_copy (&self->tls, tls);
  self->cancellable = g_cancellable_new ();
  self->gathered = g_byte_array_new ();
  self->buffer = g_malloc (READ_SIZE);
  self->reader = redisReaderCreate ();
  self->reply_functions = *self->reader->fn;
  self->create_array = self->reply_functions.createArray;
  self->reply_functions.createArray = create_array;
  self->reader->fn = &self->reply_functions;
  self->reader->privdata = self;
  self->head_us = self->checked_us = g_get_monotonic_time ();
  self->check_source =
      attach (self, g_timeout_source_new (MAX (timeout_ms / CHECKS_A_TIMEOUT, 1)), check_cb);

  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_tls (client, address->is_secure);
  g_signal_connect (client, "event", G_CALLBACK (event_cb), self);
  g_socket_client_connect_async (client, connectable, self->cancellable, connected_cb, self);
  return self;
}
