/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-handshake-private.h"

#include "protocol/nx-request-head-private.h"
#include "transport/nx-answer-private.h"
#include "transport/nx-auth-user-private.h"

#define REFUSAL_TIMEOUT_MS 2000

struct _NxHandshaker
{
  grefcount n_refs;          /* of its owner, and while libsoup reads a head for it */
  gboolean is_closed;        /* its owner has gone */
  gboolean is_to_disconnect; /* the server, when libsoup has read that head */
  SoupServer *server;
  gulong request_started_id;
  SoupAuthDomain *last_domain; /* ours, which accepts and refuses nobody */
  NxLingerer *lingerer;
  NxHandshakeFunc func;
  NxHandshakeAnsweredFunc answered; /* nullable */
  gpointer owner;
  NxHandshake *current; /* whose head libsoup is reading right now */
  GQueue held;          /* of NxHandshake: libsoup answers these by itself, and not yet */
};

struct _NxHandshake
{
  NxHandshaker *handshaker;
  GList link; /* in held; data is NULL while it is not */
  NxStream *stream;
  GBytes *octets; /* head and what came behind it */
  gsize head_length;
  SoupServerMessage *message;
  gulong got_headers_id;
  gulong disconnected_id;
  gboolean is_stolen;
  gboolean is_vouched_for; /* by a SoupAuthDomain of the application's */
  gboolean is_answered;
  GMemoryOutputStream *answer; /* what libsoup says by itself */
  void (*left) (gpointer data);
  gpointer left_data;
};

static void
forget_message (NxHandshake *self)
{
  g_clear_signal_handler (&self->got_headers_id, self->message);
  g_clear_signal_handler (&self->disconnected_id, self->message);
}

void
nx_handshake_free (NxHandshake *self)
{
  if (self->message != NULL)
    forget_message (self);
  if (self->link.data != NULL)
    g_queue_unlink (&self->handshaker->held, &self->link);
  g_clear_object (&self->message);
  g_clear_object (&self->answer);
  g_clear_pointer (&self->stream, nx_stream_free);
  g_bytes_unref (self->octets);
  g_free (self);
}

/* What libsoup answered goes to the peer. */
static void
pass_on (NxHandshake *self)
{
  NxHandshaker *handshaker = self->handshaker;
  g_autoptr (GSocketAddress) remote = g_object_ref (self->stream->remote);
  g_autoptr (GBytes) head = nx_handshake_get_head (self);
  guint status = soup_server_message_get_status (self->message);
  GBytes *answer;

  g_output_stream_close (G_OUTPUT_STREAM (self->answer), NULL, NULL);
  answer = g_memory_output_stream_steal_as_bytes (self->answer);
  nx_lingerer_add (self->handshaker->lingerer, g_steal_pointer (&self->stream), answer,
                   REFUSAL_TIMEOUT_MS);
  nx_handshake_free (self);
  if (handshaker->answered != NULL)
    handshaker->answered (remote, head, status, handshaker->owner);
}

static void
disconnected_cb (SoupServerMessage *message, NxHandshake *self)
{
  self->is_answered = TRUE;
  if (self->link.data != NULL)
    pass_on (self);
}

/* One request a connection, since the gate sees only the first: libsoup ends it, but does not say so (RFC 9112 section 9.6). */
static void
say_close (SoupServerMessage *message)
{
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");
}

/* Behind libsoup's own handler: it has parsed the head and, where a SoupAuthDomain covers the path, refused or not. */
static void
got_headers_cb (SoupServerMessage *message, NxHandshake *self)
{
  g_autoptr (GIOStream) stolen = NULL;

  if (soup_server_message_get_status (message) != 0)
    {
      say_close (message);
      return;
    }
  stolen = soup_server_message_steal_connection (message);
  self->is_stolen = TRUE;
}

static void
request_started_cb (SoupServer *server, SoupServerMessage *message, NxHandshaker *self)
{
  NxHandshake *handshake = self->current;

  if (handshake == NULL)
    say_close (message);
  if (handshake == NULL || handshake->message != NULL)
    return;
  handshake->message = g_object_ref (message);
  handshake->got_headers_id =
      g_signal_connect (message, "got-headers", G_CALLBACK (got_headers_cb), handshake);
  /* Unlike "finished" and "got-headers", it comes even where libsoup finds fault with the head. */
  handshake->disconnected_id =
      g_signal_connect (message, "disconnected", G_CALLBACK (disconnected_cb), handshake);
}

/* It is asked about a request only when no domain in front of it has accepted that. */
static gboolean
last_domain_cb (SoupAuthDomain *domain, SoupServerMessage *message, gpointer data)
{
  NxHandshaker *self = data;

  if (self->current != NULL)
    self->current->is_vouched_for = FALSE;
  return FALSE;
}

/*
 * libsoup keeps to itself whom a domain accepted, and which domains there are; but it asks them in order, and no further once one
 * has accepted.
 */
static void
put_last_domain_last (NxHandshaker *self)
{
  soup_server_remove_auth_domain (self->server, self->last_domain);
  soup_server_add_auth_domain (self->server, self->last_domain);
}

NxHandshaker *
nx_handshaker_new (SoupServer *server, NxLingerer *lingerer, NxHandshakeFunc func, gpointer owner)
{
  NxHandshaker *self = g_new0 (NxHandshaker, 1);

  g_ref_count_init (&self->n_refs);
  self->server = g_object_ref (server);
  self->lingerer = nx_lingerer_ref (lingerer);
  self->func = func;
  self->owner = owner;
  self->last_domain = soup_auth_domain_basic_new ("realm", "nexws", "proxy", TRUE, "filter",
                                                  last_domain_cb, "filter-data", self, NULL);
  soup_server_add_auth_domain (server, self->last_domain);
  self->request_started_id =
      g_signal_connect (server, "request-started", G_CALLBACK (request_started_cb), self);
  return self;
}

void
nx_handshaker_set_answered (NxHandshaker *self, NxHandshakeAnsweredFunc func)
{
  self->answered = func;
}

static void
unref (NxHandshaker *self)
{
  if (!g_ref_count_dec (&self->n_refs))
    return;
  g_object_unref (self->last_domain);
  nx_lingerer_unref (self->lingerer);
  g_object_unref (self->server);
  g_free (self);
}

/* Maybe from inside of a check of the application's, which libsoup calls while it reads a head. */
void
nx_handshaker_free (NxHandshaker *self)
{
  self->is_closed = TRUE;
  while (!g_queue_is_empty (&self->held))
    nx_handshake_free (g_queue_peek_head (&self->held));
  g_signal_handler_disconnect (self->server, self->request_started_id);
  soup_server_remove_auth_domain (self->server, self->last_domain);
  unref (self);
}

static void
held_ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  if (ready & NX_READY_HANGUP)
    nx_handshake_free (data);
}

static void
undecided_ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  NxHandshake *self = data;

  if (ready & NX_READY_HANGUP && self->left != NULL)
    self->left (self->left_data);
}

static gboolean
has_credentials (NxHandshake *self)
{
  const char *value;
  gsize length;

  return nx_request_head_find (g_bytes_get_data (self->octets, NULL), self->head_length,
                               "Authorization", &value, &length);
}

/* Lets libsoup read the head. FALSE: it did not, or nobody is left who could do anything with it. */
static gboolean
let_soup_read (NxHandshake *self)
{
  g_autoptr (GInputStream) input = g_memory_input_stream_new_from_data (
      g_bytes_get_data (self->octets, NULL), self->head_length, NULL);
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  NxHandshaker *handshaker = self->handshaker;
  NxHandshake *outer = handshaker->current;

  self->answer = G_MEMORY_OUTPUT_STREAM (g_memory_output_stream_new_resizable ());
  stream = g_simple_io_stream_new (input, G_OUTPUT_STREAM (self->answer));
  if (has_credentials (self))
    {
      put_last_domain_last (handshaker);
      self->is_vouched_for = TRUE;
    }
  handshaker->current = self;
  if (!soup_server_accept_iostream (handshaker->server, stream, self->stream->local,
                                    self->stream->remote, &error))
    g_debug ("libsoup took no handshake: %s", error->message);
  handshaker->current = outer;
  return self->message != NULL && !handshaker->is_closed;
}

static void
begin (NxHandshaker *self, NxHandshake *handshake)
{
  if (!let_soup_read (handshake))
    {
      nx_handshake_free (handshake);
      return;
    }
  if (handshake->is_stolen)
    {
      forget_message (handshake);
      g_clear_object (&handshake->answer);
      nx_stream_set_owner (handshake->stream, undecided_ready_cb, handshake, 0);
      self->func (handshake, self->owner);
      return;
    }

  handshake->link.data = handshake;
  g_queue_push_tail_link (&self->held, &handshake->link);
  if (handshake->is_answered)
    pass_on (handshake);
}

void
nx_handshaker_begin (NxHandshaker *self,
                     NxStream *stream,
                     const guint8 *data,
                     gsize head_length,
                     gsize length)
{
  NxHandshake *handshake = g_new0 (NxHandshake, 1);

  handshake->handshaker = self;
  handshake->stream = stream;
  handshake->octets = g_bytes_new (data, length);
  handshake->head_length = head_length;
  nx_stream_set_owner (stream, held_ready_cb, handshake, 0);
  g_ref_count_inc (&self->n_refs);
  begin (self, handshake);
  if (self->is_to_disconnect && self->current == NULL)
    {
      self->is_to_disconnect = FALSE;
      soup_server_disconnect (self->server);
    }
  unref (self);
}

void
nx_handshaker_disconnect (NxHandshaker *self)
{
  if (self->current != NULL)
    self->is_to_disconnect = TRUE;
  else
    soup_server_disconnect (self->server);
}

void
nx_handshake_watch (NxHandshake *self, void (*func) (gpointer data), gpointer data)
{
  self->left = func;
  self->left_data = data;
}

NxStream *
nx_handshake_get_stream (NxHandshake *self)
{
  return self->stream;
}

NxStream *
nx_handshake_steal_stream (NxHandshake *self)
{
  return g_steal_pointer (&self->stream);
}

NxLingerer *
nx_handshake_get_lingerer (NxHandshake *self)
{
  return self->handshaker->lingerer;
}

GBytes *
nx_handshake_get_head (NxHandshake *self)
{
  return g_bytes_new_from_bytes (self->octets, 0, self->head_length);
}

const guint8 *
nx_handshake_get_early (NxHandshake *self, gsize *length)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (self->octets, &size);

  *length = size - self->head_length;
  return data + self->head_length;
}

SoupServerMessage *
nx_handshake_get_message (NxHandshake *self)
{
  return self->message;
}

gboolean
nx_handshake_get_user (NxHandshake *self, char **user)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);

  *user = NULL;
  /* With credentials for a proxy as well, nobody can tell which of them were accepted. */
  if (!self->is_vouched_for
      || soup_message_headers_get_one (headers, "Proxy-Authorization") != NULL)
    return TRUE;
  return nx_auth_user_parse (soup_message_headers_get_one (headers, "Authorization"), user);
}

NxFrame *
nx_handshake_answer (NxHandshake *self, const char *subprotocol, const char *extensions)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  g_autoptr (GString) answer = g_string_sized_new (512);

  if (!soup_websocket_server_process_handshake (self->message, NULL, NULL, NULL, NULL))
    return NULL;
  soup_message_headers_remove (headers, "Sec-WebSocket-Extensions");
  soup_message_headers_remove (headers, "Sec-WebSocket-Protocol");
  if (subprotocol != NULL)
    soup_message_headers_replace (headers, "Sec-WebSocket-Protocol", subprotocol);
  if (extensions != NULL)
    soup_message_headers_replace (headers, "Sec-WebSocket-Extensions", extensions);
  g_string_append (answer, "HTTP/1.1 101 Switching Protocols\r\n");
  nx_answer_append_headers (answer, headers);
  g_string_append (answer, "\r\n");
  return nx_frame_new_raw (answer->str, answer->len);
}

void
nx_handshake_refuse (NxHandshake *self, guint status, const char *body)
{
  GBytes *answer =
      nx_answer_new (status, soup_server_message_get_response_headers (self->message), body);

  nx_lingerer_add (self->handshaker->lingerer, g_steal_pointer (&self->stream), answer,
                   REFUSAL_TIMEOUT_MS);
}
