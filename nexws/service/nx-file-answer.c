/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "service/nx-file-answer-private.h"

#include "nx-app-private.h"

#include <string.h>

#define PIECE_SIZE (64 * 1024)

struct _NxFileAnswer
{
  SoupServerMessage *message;
  gboolean is_over; /* sent, or the client has left */
  NxFile *file;     /* while it is sent */
  guint64 left;     /* octets of it */
  GCancellable *cancellable;
};

static void
clear (gpointer data)
{
  NxFileAnswer *self = data;

  g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_pointer (&self->file, nx_file_free);
  g_clear_object (&self->cancellable);
}

static void
release (NxFileAnswer *self)
{
  g_rc_box_release_full (self, clear);
}

/* -- The way of the pieces: read, append, wrote-chunk, read, … -- */

/* A file that shrank meanwhile ends short of its length, by which the client knows. */
static void
complete (NxFileAnswer *self)
{
  soup_message_body_complete (soup_server_message_get_response_body (self->message));
  soup_server_message_unpause (self->message);
}

static void
read_cb (GObject *input, GAsyncResult *result, gpointer data)
{
  NxFileAnswer *self = data;
  g_autoptr (GBytes) piece =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (input), result, NULL);
  gsize size = piece != NULL ? g_bytes_get_size (piece) : 0;

  if (!self->is_over && size == 0)
    complete (self);
  else if (!self->is_over)
    {
      self->left -= size;
      soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), piece);
      soup_server_message_unpause (self->message);
    }
  release (self);
}

static void
read_piece (NxFileAnswer *self)
{
  if (self->left == 0)
    complete (self);
  else
    g_input_stream_read_bytes_async (self->file->input, MIN (self->left, PIECE_SIZE),
                                     G_PRIORITY_DEFAULT, self->cancellable, read_cb,
                                     g_rc_box_acquire (self));
}

static void
wrote_chunk_cb (SoupServerMessage *message, NxFileAnswer *self)
{
  if (self->file != NULL)
    read_piece (self);
}

static void
finished_cb (SoupServerMessage *message, NxFileAnswer *self)
{
  self->is_over = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_signal_handlers_disconnect_by_data (message, self);
  release (self);
}

/* -- What the client has already -- */

gboolean
nx_file_answer_matches_etag (const char *list, const char *etag)
{
  for (const char *at = list + strspn (list, " \t,"); *at != '\0'; at += strspn (at, " \t,"))
    {
      const char *end;

      if (*at == '*')
        return TRUE;
      if (g_str_has_prefix (at, "W/"))
        at += 2;
      end = *at == '"' ? strchr (at + 1, '"') : NULL;
      if (end == NULL)
        return FALSE;
      if (strlen (etag) == (gsize) (end + 1 - at) && strncmp (at, etag, end + 1 - at) == 0)
        return TRUE;
      at = end + 1;
    }
  return FALSE;
}

static gboolean
is_unmodified_since (const char *date, gint64 modified_s)
{
  g_autoptr (GDateTime) since = soup_date_time_new_from_http_string (date);

  return since != NULL && modified_s <= g_date_time_to_unix (since);
}

/* RFC 9110 section 13.2.2: a date counts only where there is no tag. */
static gboolean
is_not_modified (SoupMessageHeaders *request, const NxFile *file)
{
  const char *tags = soup_message_headers_get_list (request, "If-None-Match");
  const char *date = soup_message_headers_get_one (request, "If-Modified-Since");

  if (tags != NULL)
    return nx_file_answer_matches_etag (tags, file->etag);
  return date != NULL && file->modified_s > 0 && is_unmodified_since (date, file->modified_s);
}

/* -- Answers -- */

static void
set_headers (SoupMessageHeaders *headers, const NxFile *file, const char *cache_control)
{
  soup_message_headers_replace (headers, "ETag", file->etag);
  if (file->modified_s > 0)
    {
      g_autoptr (GDateTime) modified = g_date_time_new_from_unix_utc (file->modified_s);
      g_autofree char *date = soup_date_time_to_string (modified, SOUP_DATE_HTTP);

      soup_message_headers_replace (headers, "Last-Modified", date);
    }
  if (cache_control != NULL)
    soup_message_headers_replace (headers, "Cache-Control", cache_control);
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
}

static void
begin_body (NxFileAnswer *self, NxFile *file)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);

  soup_server_message_set_status (self->message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_type (headers, file->content_type, NULL);
  soup_message_headers_set_content_length (headers, file->size);
  if (soup_server_message_get_method (self->message) == SOUP_METHOD_HEAD)
    {
      nx_file_free (file);
      soup_server_message_unpause (self->message);
      return;
    }
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  self->file = file;
  self->left = file->size;
  read_piece (self);
}

NxFileAnswer *
nx_file_answer_begin (SoupServerMessage *message)
{
  NxFileAnswer *self = g_rc_box_new0 (NxFileAnswer);

  self->message = g_object_ref (message);
  self->cancellable = g_cancellable_new ();
  g_rc_box_acquire (self); /* given up when the message is over */
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (wrote_chunk_cb), self);
  g_signal_connect (message, "finished", G_CALLBACK (finished_cb), self);
  /* What is paused when the server goes does not finish. */
  g_signal_connect (message, "disconnected", G_CALLBACK (finished_cb), self);
  soup_server_message_pause (message);
  return self;
}

void
nx_file_answer_send (NxFileAnswer *self, NxFile *file, const char *cache_control)
{
  if (self->is_over)
    nx_file_free (file);
  else
    {
      set_headers (soup_server_message_get_response_headers (self->message), file, cache_control);
      if (is_not_modified (soup_server_message_get_request_headers (self->message), file))
        {
          nx_file_free (file);
          soup_server_message_set_status (self->message, SOUP_STATUS_NOT_MODIFIED, NULL);
          soup_server_message_unpause (self->message);
        }
      else
        begin_body (self, file);
    }
  release (self);
}

void
nx_file_answer_refuse (NxFileAnswer *self, guint status)
{
  const char *words = soup_status_get_phrase (status);

  if (!self->is_over)
    {
      if (status == 426)
        nx_app_require_upgrade (self->message);
      else
        {
          soup_server_message_set_status (self->message, status, NULL);
          soup_server_message_set_response (self->message, "text/plain; charset=utf-8",
                                            SOUP_MEMORY_COPY, words, strlen (words));
        }
      soup_server_message_unpause (self->message);
    }
  release (self);
}

void
nx_file_answer_redirect (NxFileAnswer *self, const char *location)
{
  if (!self->is_over)
    {
      soup_server_message_set_status (self->message, SOUP_STATUS_MOVED_PERMANENTLY, NULL);
      soup_message_headers_replace (soup_server_message_get_response_headers (self->message),
                                    "Location", location);
      soup_server_message_unpause (self->message);
    }
  release (self);
}
