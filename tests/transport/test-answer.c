/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-answer-private.h"

static void
check_answer (guint status, SoupMessageHeaders *headers, const char *body, const char *expected)
{
  g_autoptr (GBytes) answer = nx_answer_new (status, headers, body);

  g_assert_cmpmem (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer), expected,
                   strlen (expected));
}

static void
test_whole (void)
{
  check_answer (400, NULL, NULL,
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 12\r\nConnection: close\r\n\r\nBad Request\n");
  check_answer (403, NULL, "no\xc3\xaf",
                "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 4\r\nConnection: close\r\n\r\nno\xc3\xaf");
  check_answer (503, NULL, "",
                "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 0\r\nConnection: close\r\n\r\n");
}

/* What a client that speaks another version, or none, must be told. */
static void
test_upgrade_required (void)
{
  check_answer (426, NULL, "x",
                "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 1\r\nConnection: close\r\n\r\nx");
}

static void
test_headers (void)
{
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);

  soup_message_headers_append (headers, "WWW-Authenticate", "Basic realm=\"a\"");
  soup_message_headers_append (headers, "WWW-Authenticate", "Negotiate");
  check_answer (401, headers, "x",
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"a\"\r\n"
                "WWW-Authenticate: Negotiate\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Length: 1\r\nConnection: close\r\n\r\nx");
  soup_message_headers_clear (headers);
  soup_message_headers_append (headers, "Content-Type", "application/json");
  check_answer (401, headers, "{}",
                "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n"
                "Content-Length: 2\r\nConnection: close\r\n\r\n{}");
  soup_message_headers_unref (headers);
}

/* Every status that we ever give has a phrase of its own. */
static void
test_phrases (void)
{
  static const guint statuses[] = {
    400, 403, 404, 411, 413, 421, 426, 429, 431, 500, 501, 503, 505
  };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr (GBytes) answer = nx_answer_new (statuses[i], NULL, NULL);
      g_autofree char *text =
          g_strndup (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));

      g_assert_null (strstr (text, "Unknown"));
    }
}

static void
test_header_names (void)
{
  g_assert_true (nx_answer_is_header_name ("X-Request-Id"));
  g_assert_true (nx_answer_is_header_name ("!#$%&'*+-.^_`|~09azAZ"));
  g_assert_false (nx_answer_is_header_name (""));
  for (guint c = 1; c < 256; c++)
    {
      const char name[] = { 'x', (char) c, '\0' };
      gboolean is_token = g_ascii_isalnum ((char) c) || strchr ("!#$%&'*+-.^_`|~", (int) c) != NULL;

      g_assert_cmpint (nx_answer_is_header_name (name), ==, is_token);
    }
}

static void
test_header_values (void)
{
  g_assert_true (nx_answer_is_header_value (""));
  for (guint c = 1; c < 256; c++)
    {
      const char value[] = { 'x', (char) c, '\0' };

      g_assert_cmpint (nx_answer_is_header_value (value), ==, c == '\t' || (c >= ' ' && c != 0x7f));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/answer/whole", test_whole);
  g_test_add_func ("/answer/upgrade-required", test_upgrade_required);
  g_test_add_func ("/answer/headers", test_headers);
  g_test_add_func ("/answer/phrases", test_phrases);
  g_test_add_func ("/answer/header-names", test_header_names);
  g_test_add_func ("/answer/header-values", test_header_values);
  return g_test_run ();
}
