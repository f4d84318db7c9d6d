/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-mask-private.h"

#include "wire-case.h"

/* Longer payloads are logged by their checksum. */
#define MAX_LOGGED 64

typedef struct
{
  const char *path;
  guint line;
  const char *p; /* into the line */
  WireCase *wire_case;
  z_stream *z; /* of the last {...} */
} Parser;

static void G_GNUC_NORETURN
give_up (const Parser *self, const char *what)
{
  g_error ("%s:%u: %s: %s", self->path, self->line, what, self->p);
}

/* Events as text */

static void
log_octets (GString *log, const guint8 *octets, gsize length)
{
  if (length > MAX_LOGGED)
    {
      g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, octets, length);

      g_string_append_printf (log, " %" G_GSIZE_FORMAT ":%s", length, sum);
      return;
    }

  g_string_append_c (log, ' ');
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (log, "%02x", octets[i]);
}

void
wire_log_event (GString *log, const NxEvent *event)
{
  switch (event->kind)
    {
    case NX_EVENT_MESSAGE:
      g_string_append (log, event->opcode == NX_OPCODE_TEXT ? "text" : "binary");
      break;
    case NX_EVENT_PING:
      g_string_append (log, "ping");
      break;
    case NX_EVENT_PONG:
      g_string_append (log, "pong");
      break;
    case NX_EVENT_CLOSE:
      g_string_append_printf (log, "close %u", event->code);
      break;
    case NX_EVENT_FAILURE:
      g_string_append_printf (log, "fail %u %s\n", event->code, nx_fault_to_string (event->fault));
      return;
    default:
      g_assert_not_reached ();
    }

  log_octets (log, event->data, event->length);
  g_string_append_c (log, '\n');
}

/* Octets */

static void parse_octets (Parser *self, GByteArray *out, char closing);

static void
skip_space (Parser *self)
{
  while (g_ascii_isspace (*self->p))
    self->p++;
}

static void
skip (Parser *self, char c)
{
  if (*self->p != c)
    give_up (self, "unexpected");
  self->p++;
}

static guint8
parse_octet (Parser *self)
{
  const int high = g_ascii_xdigit_value (self->p[0]);
  const int low = high < 0 ? -1 : g_ascii_xdigit_value (self->p[1]);

  if (low < 0)
    give_up (self, "not an octet");
  self->p += 2;
  return (guint8) (high << 4 | low);
}

static guint64
parse_number (Parser *self)
{
  char *end;
  const guint64 number = g_ascii_strtoull (self->p, &end, 10);

  if (end == self->p)
    give_up (self, "not a number");
  self->p = end;
  return number;
}

static void
parse_string (Parser *self, GByteArray *out)
{
  skip (self, '"');
  while (*self->p != '"')
    {
      guint8 octet = (guint8) *self->p;

      if (octet == '\0')
        give_up (self, "endless string");
      self->p++;
      if (octet == '\\')
        {
          skip (self, 'x');
          octet = parse_octet (self);
        }
      g_byte_array_append (out, &octet, 1);
    }
  skip (self, '"');
}

/* Read as often as it is wanted, so that a pause in it is one each time. */
static void
parse_repeated (Parser *self, GByteArray *out)
{
  const guint before = out->len;
  const char *begin, *end;

  skip (self, '(');
  begin = self->p;
  parse_octets (self, out, ')');
  skip (self, '*');
  if (*self->p == '0')
    g_byte_array_set_size (out, before);
  for (guint64 n = parse_number (self); n > 1; n--)
    {
      end = self->p;
      self->p = begin;
      parse_octets (self, out, ')');
      self->p = end;
    }
}

static void
parse_masked (Parser *self, GByteArray *out)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  guint8 key[4];

  skip (self, '[');
  for (guint i = 0; i < sizeof key; i++)
    key[i] = parse_octet (self);
  parse_octets (self, plain, ']');

  /* Not with our own unmasking, which is what is tested. */
  for (guint i = 0; i < plain->len; i++)
    plain->data[i] ^= key[i % 4];
  g_byte_array_append (out, key, sizeof key);
  g_byte_array_append (out, plain->data, plain->len);
}

static void
parse_frame (Parser *self, GByteArray *out)
{
  static const guint8 key[] = { 0x37, 0xfa, 0x21, 0x3d };
  const guint8 masked = self->wire_case->side == NX_SIDE_SERVER ? 0x80 : 0;
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  guint8 first;

  skip (self, '<');
  first = parse_octet (self);
  parse_octets (self, payload, '>');

  g_byte_array_append (out, &first, 1);
  if (payload->len > 0xffff)
    {
      const guint8 length[] = { masked | 127,
                                0,
                                0,
                                0,
                                0,
                                payload->len >> 24,
                                payload->len >> 16 & 0xff,
                                payload->len >> 8 & 0xff,
                                payload->len & 0xff };
      g_byte_array_append (out, length, sizeof length);
    }
  else if (payload->len > 125)
    {
      const guint8 length[] = { masked | 126, payload->len >> 8 & 0xff, payload->len & 0xff };
      g_byte_array_append (out, length, sizeof length);
    }
  else
    {
      const guint8 length[] = { masked | (guint8) payload->len };
      g_byte_array_append (out, length, sizeof length);
    }

  if (masked)
    {
      for (guint i = 0; i < payload->len; i++)
        payload->data[i] ^= key[i % 4];
      g_byte_array_append (out, key, sizeof key);
    }
  g_byte_array_append (out, payload->data, payload->len);
}

static void
parse_compressed (Parser *self, GByteArray *out)
{
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  g_autofree guint8 *compressed = NULL;
  gsize room;

  skip (self, '{');
  if (*self->p == '+')
    skip (self, '+');
  else
    deflateReset (self->z);
  parse_octets (self, plain, '}');

  room = deflateBound (self->z, plain->len) + 64;
  compressed = g_malloc (room);
  self->z->next_in = plain->data;
  self->z->avail_in = plain->len;
  self->z->next_out = compressed;
  self->z->avail_out = (uInt) room;
  deflate (self->z, Z_SYNC_FLUSH);
  g_assert_cmpuint (self->z->avail_out, >, 0);
  g_byte_array_append (out, compressed, (guint) (room - self->z->avail_out - 4));
}

static void
parse_pause (Parser *self, GByteArray *out)
{
  WirePause pause = { .offset = out->len };

  skip (self, '@');
  pause.length_us = (gint64) parse_number (self);
  g_array_append_val (self->wire_case->pauses, pause);
}

static void
parse_octets (Parser *self, GByteArray *out, char closing)
{
  for (skip_space (self); *self->p != closing; skip_space (self))
    {
      switch (*self->p)
        {
        case '"':
          parse_string (self, out);
          break;
        case '(':
          parse_repeated (self, out);
          break;
        case '[':
          parse_masked (self, out);
          break;
        case '<':
          parse_frame (self, out);
          break;
        case '{':
          parse_compressed (self, out);
          break;
        case '@':
          parse_pause (self, out);
          break;
        default:
          {
            const guint8 octet = parse_octet (self);
            g_byte_array_append (out, &octet, 1);
          }
        }
    }

  if (closing != '\0')
    skip (self, closing);
}

/* Fields */

static gboolean
skip_word (Parser *self, const char *word)
{
  skip_space (self);
  if (!g_str_has_prefix (self->p, word))
    return FALSE;
  self->p += strlen (word);
  return TRUE;
}

static void
parse_expected (Parser *self)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  GString *log = self->wire_case->expected;

  if (skip_word (self, "fail "))
    {
      const guint64 code = parse_number (self);

      skip_space (self);
      g_string_append_printf (log, "fail %u %s\n", (guint) code, g_strchomp ((char *) self->p));
      return;
    }

  if (skip_word (self, "close "))
    g_string_append_printf (log, "close %u", (guint) parse_number (self));
  else
    while (g_ascii_islower (*self->p))
      g_string_append_c (log, *self->p++);

  parse_octets (self, payload, '\0');
  log_octets (log, payload->data, payload->len);
  g_string_append_c (log, '\n');
}

static void
parse_limits (Parser *self)
{
  NxReceiverLimits *limits = &self->wire_case->limits;

  for (skip_space (self); *self->p != '\0'; skip_space (self))
    {
      if (skip_word (self, "message=max"))
        limits->max_message_size = G_MAXSIZE;
      else if (skip_word (self, "message="))
        limits->max_message_size = (gsize) parse_number (self);
      else if (skip_word (self, "fragments="))
        limits->max_fragments = (guint) parse_number (self);
      else if (skip_word (self, "control="))
        limits->max_control_frames = (guint) parse_number (self);
      else
        give_up (self, "unknown limit");
    }
}

static void
parse_deflate (Parser *self)
{
  NxDeflateParams *deflate = &self->wire_case->deflate;

  self->wire_case->has_deflate = TRUE;
  if (!skip_word (self, "bits="))
    give_up (self, "no bits");
  /* The other direction gets what would be noticed if it were taken for this one. */
  if (self->wire_case->side == NX_SIDE_SERVER)
    {
      deflate->client_max_window_bits = (guint8) parse_number (self);
      deflate->client_no_context_takeover = skip_word (self, "fresh");
      deflate->server_no_context_takeover = !deflate->client_no_context_takeover;
    }
  else
    {
      deflate->server_max_window_bits = (guint8) parse_number (self);
      deflate->server_no_context_takeover = skip_word (self, "fresh");
      deflate->client_no_context_takeover = !deflate->server_no_context_takeover;
    }
}

static void
parse_verdict (Parser *self)
{
  const gboolean fails = strstr (self->wire_case->expected->str, "fail ") != NULL;

  if (skip_word (self, "valid") && !fails)
    self->wire_case->verdict = WIRE_VALID;
  else if (skip_word (self, "invalid") && fails)
    self->wire_case->verdict = WIRE_INVALID;
  else if (skip_word (self, "ours"))
    self->wire_case->verdict = WIRE_OURS;
  else
    give_up (self, "verdict that the events belie");
}

static void
begin_case (Parser *self, GPtrArray *cases)
{
  WireCase *wire_case = g_new0 (WireCase, 1);

  wire_case->limits = (NxReceiverLimits){ .max_message_size = 1 << 20,
                                          .max_fragments = 1024,
                                          .max_control_frames = 64 };
  wire_case->input = g_byte_array_new ();
  wire_case->pauses = g_array_new (FALSE, FALSE, sizeof (WirePause));
  wire_case->expected = g_string_new (NULL);
  wire_case->verdict = WIRE_OURS;
  skip_space (self);
  wire_case->name = g_strdup (self->p);
  self->wire_case = wire_case;
  g_ptr_array_add (cases, wire_case);
}

static void
parse_line (Parser *self, GPtrArray *cases)
{
  skip_space (self);
  if (*self->p == '\0' || *self->p == '#')
    return;

  if (skip_word (self, "case:"))
    begin_case (self, cases);
  else if (self->wire_case == NULL)
    give_up (self, "no case yet");
  else if (skip_word (self, "rfc:"))
    self->wire_case->rfc = g_strdup (self->p);
  else if (skip_word (self, "side:"))
    self->wire_case->side = skip_word (self, "client") ? NX_SIDE_CLIENT : NX_SIDE_SERVER;
  else if (skip_word (self, "limits:"))
    parse_limits (self);
  else if (skip_word (self, "deflate:"))
    parse_deflate (self);
  else if (skip_word (self, "input:"))
    parse_octets (self, self->wire_case->input, '\0');
  else if (skip_word (self, "expect:"))
    parse_expected (self);
  else if (skip_word (self, "after:"))
    self->wire_case->ends_inside = skip_word (self, "inside");
  else if (skip_word (self, "verdict:"))
    parse_verdict (self);
  else
    give_up (self, "unknown field");
}

static void
free_case (gpointer data)
{
  WireCase *wire_case = data;

  g_free (wire_case->name);
  g_free (wire_case->rfc);
  g_byte_array_unref (wire_case->input);
  g_array_unref (wire_case->pauses);
  g_string_free (wire_case->expected, TRUE);
  g_free (wire_case);
}

GPtrArray *
wire_cases_load (const char *path)
{
  GPtrArray *cases = g_ptr_array_new_with_free_func (free_case);
  z_stream z = { 0 };
  Parser parser = { .path = path, .z = &z };
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  if (deflateInit2 (&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    g_error ("no zlib");

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      parser.line = i + 1;
      parser.p = lines[i];
      parse_line (&parser, cases);
    }

  (void) deflateEnd (&z);
  return cases;
}
