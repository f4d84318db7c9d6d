/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-page.h"

#define FOLDER "/nexws/examples/web/" /* in the resources that are linked in */

/* The page needs nothing but its own three files and its WebSocket: whatever got into it otherwise is not to run. */
#define POLICY                                                                                     \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "  \
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

typedef struct
{
  const char *path;
  const char *file;
  const char *type;
} Asset;

static const Asset assets[] = {
  { "/", "index.html", "text/html; charset=utf-8" },
  { "/chat.css", "chat.css", "text/css; charset=utf-8" },
  { "/chat.js", "chat.js", "text/javascript; charset=utf-8" },
  { "/connection.js", "connection.js", "text/javascript; charset=utf-8" },
  { "/icon.svg", "icon.svg", "image/svg+xml" },
};

static const Asset *
find_asset (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (assets); i++)
    if (g_str_equal (assets[i].path, path))
      return &assets[i];
  return NULL;
}

static void
answer_with_text (SoupServerMessage *message, guint status, const char *text)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "text/plain; charset=utf-8", SOUP_MEMORY_STATIC, text,
                                    strlen (text));
}

static void
answer_with_asset (SoupServerMessage *message, const Asset *asset)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *path = g_strconcat (FOLDER, asset->file, NULL);
  g_autoptr (GBytes) bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_assert (bytes != NULL);
  soup_message_headers_set_content_type (headers, asset->type, NULL);
  /* The page and its script have to be of one version, whichever server runs here today. */
  soup_message_headers_append (headers, "Cache-Control", "no-cache");
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *method = soup_server_message_get_method (message);
  const Asset *asset = find_asset (path);

  soup_message_headers_append (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_append (headers, "Content-Security-Policy", POLICY);
  soup_message_headers_append (headers, "Referrer-Policy", "no-referrer");
  if (asset == NULL)
    answer_with_text (message, SOUP_STATUS_NOT_FOUND, "There is nothing here.\n");
  else if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD)
    {
      soup_message_headers_append (headers, "Allow", "GET, HEAD");
      answer_with_text (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "This can only be read.\n");
    }
  else
    answer_with_asset (message, asset);
}

void
chat_page_serve (SoupServer *server)
{
  soup_server_add_handler (server, NULL, request_cb, NULL, NULL);
}
