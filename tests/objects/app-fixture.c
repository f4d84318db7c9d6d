/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

#include <stdarg.h>

/* -- Clients -- */

NxTestClient *
add_client (Fixture *f)
{
  NxTestClient *client = nx_test_client_new (f->app);

  g_ptr_array_add (f->clients, client);
  return client;
}

guint
try_open (NxTestClient *client, const char *path)
{
  nx_test_client_cut (client);
  nx_test_client_open (client, path, NULL);
  return nx_test_client_get_status (client);
}

guint
try_open_with (NxTestClient *client, const char *path, const char *name, const char *value)
{
  guint status;

  nx_test_client_set_header (client, name, value);
  status = try_open (client, path);
  nx_test_client_set_header (client, name, NULL);
  return status;
}

guint
try_request (NxTestClient *client, const char *method, const char *path)
{
  g_autoptr (GError) error = NULL;
  guint status = nx_test_client_request (client, method, path, NULL, &error);

  g_assert_no_error (error);
  return status;
}

static void
assert_unsaid_in_field (const char *name, const char *value, gpointer text)
{
  if (strstr (name, text) != NULL || strstr (value, text) != NULL)
    g_error ("\"%s\" is in %s: %s", (const char *) text, name, value);
}

void
assert_unsaid (NxTestClient *client, const char *text)
{
  GBytes *body = nx_test_client_get_response_body (client);
  gsize length;
  const char *data;

  soup_message_headers_foreach (nx_test_client_get_response_headers (client),
                                assert_unsaid_in_field, (gpointer) text);
  if (body == NULL)
    return;
  data = g_bytes_get_data (body, &length);
  if (length > 0)
    g_assert_null (g_strstr_len (data, length, text));
}

/* -- Handlers -- */

void
accept_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

void
note (Fixture *f, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (f->log, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

char *
take_log (Fixture *f)
{
  char *text;

  g_ptr_array_add (f->log, NULL);
  text = g_strjoinv (" ", (char **) f->log->pdata);
  g_ptr_array_set_size (f->log, 0);
  return text;
}

void
note_stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  if (nx_app_stop_finish (NX_APP (source), result, &error))
    note (data, "done");
  else
    note (data, "failed:%d", error->code);
  g_clear_error (&error);
}

/* -- The fixture -- */

NxWebSocket *
get_websocket (Fixture *f)
{
  GListModel *connections = nx_app_get_connections (f->app);
  g_autoptr (NxWebSocket) ws = g_list_model_get_item (connections, 0);

  g_assert_cmpuint (g_list_model_get_n_items (connections), ==, 1);
  return ws; /* the list has a reference */
}

static void
drain_context (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
drop_app (Fixture *f)
{
  g_object_run_dispose (G_OBJECT (f->app));
  g_clear_object (&f->client);
  g_ptr_array_set_size (f->clients, 0);
  drain_context (); /* what waited for the clients lets go of them */
  g_assert_finalize_object (g_steal_pointer (&f->app));
}

typedef struct
{
  Scenario scenario;
  gconstpointer data;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *what = data;
  Fixture f = { .data = what->data };

  f.app = nx_app_new ();
  f.client = nx_test_client_new (f.app);
  f.log = g_ptr_array_new_with_free_func (g_free);
  f.clients = g_ptr_array_new_with_free_func (g_object_unref);

  what->scenario (&f);

  if (f.app != NULL)
    drop_app (&f);
  /* What the end of the app has ended calls back, and notes that. */
  drain_context ();
  g_ptr_array_unref (f.clients);
  g_ptr_array_unref (f.log);
}

void
add_case (const char *path, Scenario scenario, gconstpointer data)
{
  const Case what = { scenario, data };

  g_test_add_data_func_full (path, g_memdup2 (&what, sizeof what), run_case, g_free);
}
