/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-request-log.h"

#include "nx-web-socket-private.h"

#include <string.h>

/**
 * NxRequestLog:
 *
 * Middleware that logs every connection when it is over, refused ones as well: a line in the common log format, with what a
 * WebSocket has besides behind it, and the same as structured fields.
 *
 *     192.0.2.7 - ada [24/Nov/2026:09:40:34 +0000] "GET /ws HTTP/1.1" 101 5120 close=1001 ms=61234 in=12/345 out=80/5120 id=5f0c21aa-7
 *
 * The third word is the user whom a [class@Soup.AuthDomain] accepted ([method@WebSocket.get_user]); a space or a quote in it is `\x20` or
 * `\x22`. The number behind the status is that of the octets of all messages sent; `in` and `out` have how many messages there were, too.
 * What it cannot know is a dash. The query is left out, since it may hold a secret.
 *
 * The fields, for systemd's journal or a log writer of the application's: `NEXWS_CONNECTION`, `NEXWS_REMOTE`, `NEXWS_USER`, `NEXWS_PATH`,
 * `NEXWS_STATUS`, `NEXWS_CLOSE_CODE`, `NEXWS_DURATION_US`, `NEXWS_MESSAGES_IN`, `NEXWS_BYTES_IN`, `NEXWS_MESSAGES_OUT`,
 * `NEXWS_BYTES_OUT`. The log domain is `nexws`, the level %G_LOG_LEVEL_MESSAGE.
 *
 * It sees what leads to a route in or below its router, and what was not refused before it was asked: add it first. Added to an app
 * itself, it logs what that refuses on its own as well ([signal@App::refused]): paths without a route, origins that are not
 * allowed, requests that are malformed (with a dash for the path, and GET for whatever the method was). The id of those is a dash. There is one line a request, at most.
 *
 * Since: 0.1
 */
struct _NxRequestLog
{
  NxMiddleware parent_instance;
};

/* What a connection has of it. */
typedef struct
{
  NxTap tap;
  gint64 began_us;
  guint64 n_in, n_octets_in;
  guint64 n_out, n_octets_out;
} Entry;

G_DEFINE_FINAL_TYPE (NxRequestLog, nx_request_log, NX_TYPE_MIDDLEWARE)

/* -- Counting -- */

static gboolean
received_cb (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  Entry *entry = (Entry *) tap;

  entry->n_in++;
  entry->n_octets_in += nx_message_get_size (message);
  return TRUE;
}

static void
sent_cb (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  Entry *entry = (Entry *) tap;

  entry->n_out++;
  entry->n_octets_out += nx_message_get_size (message);
}

static void
entry_free (NxTap *tap)
{
  g_free (tap);
}

/* -- Telling -- */

static char *
format_address (GSocketAddress *address)
{
  if (G_IS_INET_SOCKET_ADDRESS (address))
    return g_inet_address_to_string (
        g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
  return g_strdup ("-");
}

static char *
dup_remote (NxWebSocket *ws)
{
  GCredentials *credentials = nx_web_socket_get_credentials (ws);

  if (credentials != NULL)
    return g_strdup_printf ("uid:%u", (guint) g_credentials_get_unix_user (credentials, NULL));
  return format_address (nx_web_socket_get_remote_address (ws));
}

/* What would end the quotes, or the line, as \xHH. */
static char *
escape (const char *text)
{
  GString *escaped = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (g_ascii_isgraph (*text) && *text != '"' && *text != '\\')
      g_string_append_c (escaped, *text);
    else
      g_string_append_printf (escaped, "\\x%02X", (guchar) *text);
  return g_string_free (escaped, FALSE);
}

/* In English whatever the locale is: names of months are for programs to read. */
static char *
format_time (void)
{
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *behind = g_date_time_format (now, "%Y:%H:%M:%S %z");

  return g_strdup_printf ("%02d/%s/%s", g_date_time_get_day_of_month (now),
                          months[g_date_time_get_month (now) - 1], behind);
}

static char *
format_number (guint64 number)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

static char *
format_or_dash (guint number)
{
  return number != 0 ? format_number (number) : g_strdup ("-");
}

typedef struct
{
  const char *id, *remote, *user, *path; /* escaped */
  guint status, close_code;
  gint64 duration_us;
} Line;

static void
tell (const Line *line, const Entry *entry)
{
  g_autofree char *when = format_time ();
  g_autofree char *status = format_or_dash (line->status);
  g_autofree char *code = format_or_dash (line->close_code);
  g_autofree char *duration = format_number (line->duration_us);
  g_autofree char *n_in = format_number (entry->n_in);
  g_autofree char *n_octets_in = format_number (entry->n_octets_in);
  g_autofree char *n_out = format_number (entry->n_out);
  g_autofree char *n_octets_out = format_number (entry->n_octets_out);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "NEXWS_CONNECTION", line->id, "NEXWS_REMOTE",
                    line->remote, "NEXWS_USER", line->user, "NEXWS_PATH", line->path,
                    "NEXWS_STATUS", status, "NEXWS_CLOSE_CODE", code, "NEXWS_DURATION_US", duration,
                    "NEXWS_MESSAGES_IN", n_in, "NEXWS_BYTES_IN", n_octets_in, "NEXWS_MESSAGES_OUT",
                    n_out, "NEXWS_BYTES_OUT", n_octets_out, "MESSAGE",
                    "%s - %s [%s] \"GET %s HTTP/1.1\" %s %s close=%s ms=%" G_GINT64_FORMAT
                    " in=%s/%s out=%s/%s id=%s",
                    line->remote, line->user, when, line->path, status, n_octets_out, code,
                    line->duration_us / 1000, n_in, n_octets_in, n_out, n_octets_out, line->id);
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, Entry *entry)
{
  g_autofree char *remote = dup_remote (ws);
  g_autofree char *user = ws->user != NULL ? escape (ws->user) : g_strdup ("-");
  g_autofree char *path = escape (nx_web_socket_get_path (ws));
  const Line line = { nx_web_socket_get_id (ws),
                      remote,
                      user,
                      path,
                      nx_web_socket_get_status (ws),
                      nx_web_socket_get_close_code (ws),
                      nx_reactor_get_now (ws->reactor) - entry->began_us };

  tell (&line, entry);
}

/* -- What the app refused by itself -- */

static void
nx_request_log_refused (NxMiddleware *middleware,
                        NxApp *app,
                        GSocketAddress *remote_address,
                        const char *path,
                        guint status)
{
  g_autofree char *remote = format_address (remote_address);
  g_autofree char *escaped = escape (path != NULL ? path : "-");
  const Entry entry = { 0 };
  const Line line = { "-", remote, "-", escaped, status, 0, 0 };

  tell (&line, &entry);
}

/* -- The object -- */

/* Two logs, or one that is asked twice, are one line. */
static gboolean
has_entry (NxWebSocket *ws)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->free == entry_free)
      return TRUE;
  return FALSE;
}

static NxVerdict
nx_request_log_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  Entry *entry;

  if (has_entry (ws))
    return NX_VERDICT_PASS;
  entry = g_new0 (Entry, 1);
  entry->tap.received = received_cb;
  entry->tap.sent = sent_cb;
  entry->tap.free = entry_free;
  entry->began_us = nx_reactor_get_now (ws->reactor);
  nx_web_socket_add_tap (ws, &entry->tap);
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), entry);
  return NX_VERDICT_PASS;
}

static void
nx_request_log_class_init (NxRequestLogClass *klass)
{
  NX_MIDDLEWARE_CLASS (klass)->handshake = nx_request_log_handshake;
  NX_MIDDLEWARE_CLASS (klass)->refused = nx_request_log_refused;
}

static void
nx_request_log_init (NxRequestLog *self)
{
}

/**
 * nx_request_log_new:
 *
 * Makes a log of connections.
 *
 * Returns: (transfer full): the log
 *
 * Since: 0.1
 */
NxRequestLog *
nx_request_log_new (void)
{
  return g_object_new (NX_TYPE_REQUEST_LOG, NULL);
}
