/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-request-head-private.h"

#include <string.h>

#include "protocol/nx-authority-private.h"
#include "protocol/nx-field-private.h"
#include "protocol/nx-octet-private.h"
#include "protocol/nx-request-line-private.h"

/* The first octet of a TLS record that holds a ClientHello. */
#define TLS_HANDSHAKE 0x16

/* Half of the caller's memory is for the offset and half for the lines: 16 bits each where gsize
 * has but 32. */
#define OFFSET_BITS (sizeof (gsize) * 4)
#define OFFSET_MASK ((((gsize) 1) << OFFSET_BITS) - 1)

/* Fields of which there may be one: two of them, and two readers may take different ones. */
typedef enum {
  ONCE_HOST,
  ONCE_CONTENT_LENGTH,
  ONCE_TRANSFER_ENCODING,
  ONCE_UPGRADE,
  ONCE_ORIGIN,
  ONCE_AUTHORIZATION,
  ONCE_KEY,
  ONCE_VERSION,
  N_ONCE
} Once;

static const struct
{
  const char *name;
  const char *why_twice;
} once[N_ONCE] = {
  [ONCE_HOST] = { "Host", "more than one Host" },
  [ONCE_CONTENT_LENGTH] = { "Content-Length", "more than one Content-Length" },
  [ONCE_TRANSFER_ENCODING] = { "Transfer-Encoding", "more than one Transfer-Encoding" },
  [ONCE_UPGRADE] = { "Upgrade", "more than one Upgrade" },
  [ONCE_ORIGIN] = { "Origin", "more than one Origin" },
  [ONCE_AUTHORIZATION] = { "Authorization", "more than one Authorization" },
  [ONCE_KEY] = { "Sec-WebSocket-Key", "more than one Sec-WebSocket-Key" },
  [ONCE_VERSION] = { "Sec-WebSocket-Version", "more than one Sec-WebSocket-Version" },
};

/* What a whole head says, as far as we care. */
typedef struct
{
  NxRequestLine line;
  NxField once[N_ONCE];
  gboolean connection_upgrade; /* Connection has the token `upgrade` */
  gboolean expects;            /* there is an Expect */
  gboolean wants_websocket;    /* Upgrade has the token `websocket` */
} Request;

/* --- Collecting --- */

static gboolean
has (const Request *request, Once which)
{
  return request->once[which].name != NULL;
}

static gboolean
collect_field (Request *request, const NxField *field, NxHeadFault *fault)
{
  for (guint i = 0; i < N_ONCE; i++)
    if (nx_field_has_name (field, once[i].name))
      {
        if (has (request, i))
          return nx_head_fault (fault, 400, once[i].why_twice);
        request->once[i] = *field;
        return TRUE;
      }

  /* Connection may come on several lines: it is a list (RFC 9110 section 7.6.1). */
  if (nx_field_has_name (field, "Connection"))
    request->connection_upgrade |= nx_field_lists_token (field, "upgrade");
  else if (nx_field_has_name (field, "Expect"))
    request->expects = TRUE;

  return TRUE;
}

/* Where the request line starts: one empty line in front of it is passed over (RFC 9112
 * section 2.2). */
static const char *
skip_empty_line (const char *head)
{
  return head[0] == '\r' ? head + 2 : head;
}

/* The head is whole and each of its lines has been found well-formed. */
static gboolean
collect (const char *head, gsize length, Request *request, NxHeadFault *fault)
{
  const char *end = head + length;
  const char *start = skip_empty_line (head);
  const char *at = (const char *) memchr (start, '\n', end - start) + 1;
  NxField field;

  if (!nx_request_line_parse (start, at - start - 2, &request->line, fault))
    g_assert_not_reached ();

  while (nx_field_next (&at, end, &field))
    if (!collect_field (request, &field, fault))
      return FALSE;

  request->wants_websocket = has (request, ONCE_UPGRADE)
                             && nx_field_lists_token (&request->once[ONCE_UPGRADE], "websocket");
  return TRUE;
}

/* --- Judging --- */

/* RFC 9112 section 3.2: a server MUST answer 400 to a request without Host, with two, or with an
 * invalid one. */
static gboolean
check_host (const Request *request, NxHeadFault *fault)
{
  const NxField *host = &request->once[ONCE_HOST];
  NxAuthority authority;

  if (host->name == NULL)
    return request->line.minor_version == 0 || nx_head_fault (fault, 400, "no Host");

  return nx_authority_parse (host->value, host->value_length, &authority)
         || nx_head_fault (fault, 400,
                           "a Host that is not a name or an address with or without a port");
}

/*
 * Half a handshake: `Upgrade: websocket` without `Connection: upgrade`, or a key without either.
 * Nobody's browser sends it (all three are out of a script's reach), so a proxy on the way took the
 * hop-by-hop fields away. RFC 9110 section 7.8 allows to serve it as plain HTTP, but then its
 * sender reads `404` and looks for the fault in the path; 426 is the status that says what is
 * missing.
 */
static gboolean
check_intent (const Request *request, NxHeadFault *fault)
{
  if (request->wants_websocket && !request->connection_upgrade)
    return nx_head_fault (
        fault, 426, "Upgrade: websocket without Connection: upgrade; a proxy may have dropped it");
  if (has (request, ONCE_KEY) && !request->wants_websocket)
    return nx_head_fault (
        fault, 426, "Sec-WebSocket-Key without Upgrade: websocket; a proxy may have dropped it");
  return TRUE;
}

/* Nothing but digits (RFC 9110 section 8.6): no sign, no list. FALSE also stands for more than 64
 * bits; see @is_number. */
static gboolean
parse_length (const NxField *field, guint64 *value, gboolean *is_number)
{
  gboolean fits = TRUE;

  *value = 0;
  *is_number = field->value_length > 0;
  for (gsize i = 0; i < field->value_length; i++)
    {
      if (!nx_octet_is (field->value[i], NX_OCTET_DIGIT))
        return *is_number = FALSE;
      fits = fits && g_uint64_checked_mul (value, *value, 10)
             && g_uint64_checked_add (value, *value, field->value[i] - '0');
    }

  return fits && *is_number;
}

static gboolean
check_length (const Request *request, guint64 max_body, NxHead *out, NxHeadFault *fault)
{
  guint64 value;
  gboolean is_number;
  gboolean fits = parse_length (&request->once[ONCE_CONTENT_LENGTH], &value, &is_number);

  if (!is_number)
    return nx_head_fault (fault, 400, "a Content-Length that is not a number");
  if (request->wants_websocket)
    return (fits && value == 0) || nx_head_fault (fault, 400, "a handshake with a body");
  if (!fits || value > max_body || value > G_MAXSIZE)
    return nx_head_fault (fault, 413, "a body over the limit");

  out->has_body = TRUE;
  out->body_length = value;
  return TRUE;
}

/* How long the body is (RFC 9112 section 6.3). Smuggling lives off two answers to this, so there is
 * one or none. */
static gboolean
check_framing (const Request *request, guint64 max_body, NxHead *out, NxHeadFault *fault)
{
  gboolean encoded = has (request, ONCE_TRANSFER_ENCODING);
  gboolean counted = has (request, ONCE_CONTENT_LENGTH);

  if (encoded && counted)
    return nx_head_fault (fault, 400, "both Transfer-Encoding and Content-Length");
  if (encoded && request->wants_websocket)
    return nx_head_fault (fault, 400, "a handshake with a Transfer-Encoding");
  if (encoded && request->line.minor_version == 0)
    return nx_head_fault (fault, 400, "Transfer-Encoding in HTTP/1.0");
  if (encoded)
    return nx_head_fault (fault, 411,
                          "Transfer-Encoding: a body must come with its Content-Length");

  return !counted || check_length (request, max_body, out, fault);
}

/*
 * RFC 6455 section 4.2.1 (5): 16 octets when decoded, so 22 digits and the padding. The four bits
 * behind the last octet may be anything: the key is never decoded, and RFC 4648 section 3.5 leaves
 * it to us.
 */
static gboolean
is_key (const NxField *field)
{
  if (field->value_length != 24 || memcmp (field->value + 22, "==", 2) != 0)
    return FALSE;

  for (guint i = 0; i < 22; i++)
    if (!nx_octet_is (field->value[i], NX_OCTET_BASE64))
      return FALSE;

  return TRUE;
}

/*
 * RFC 6455 section 4.2.1, in the order that helps its reader most. In HTTP/1.0 an Upgrade MUST be
 * ignored (RFC 9110 section 7.8), and a handshake of which the Upgrade is ignored is refused by RFC
 * 6455 with 400: who sends it is a proxy that was not told to speak 1.1, and its owner should hear
 * so. The version comes before the key, for the drafts of the protocol had other keys.
 */
static gboolean
check_upgrade (const Request *request, NxHeadFault *fault)
{
  /* RFC 6455 allows a list. Nobody offers a second protocol beside this one, and libsoup takes just
   * the one word. */
  if (!nx_field_has_value_ci (&request->once[ONCE_UPGRADE], "websocket"))
    return nx_head_fault (fault, 400, "an Upgrade to more than websocket");
  if (request->line.minor_version == 0)
    return nx_head_fault (fault, 400,
                          "a handshake in HTTP/1.0; a proxy may have to be told to speak 1.1");
  if (!nx_request_line_has_method (&request->line, "GET"))
    return nx_head_fault (fault, 400, "a handshake with another method than GET");
  if (request->line.target[0] != '/')
    return nx_head_fault (fault, 400, "a handshake without a path");
  if (request->expects)
    return nx_head_fault (fault, 400, "a handshake with Expect");

  if (!has (request, ONCE_VERSION))
    return nx_head_fault (fault, 426, "no Sec-WebSocket-Version");
  if (!nx_field_has_value (&request->once[ONCE_VERSION], "13"))
    return nx_head_fault (fault, 426, "a Sec-WebSocket-Version other than 13");

  if (!has (request, ONCE_KEY))
    return nx_head_fault (fault, 400, "no Sec-WebSocket-Key");
  if (!is_key (&request->once[ONCE_KEY]))
    return nx_head_fault (fault, 400, "a Sec-WebSocket-Key that is not the base64 of 16 octets");

  return TRUE;
}

static gboolean
judge (const char *data, gsize length, guint64 max_body, NxHead *out, NxHeadFault *fault)
{
  Request request = { 0 };

  if (!collect (data, length, &request, fault) || !check_host (&request, fault)
      || !check_intent (&request, fault) || !check_framing (&request, max_body, out, fault))
    return FALSE;

  if (request.wants_websocket && !check_upgrade (&request, fault))
    return FALSE;

  out->verdict = request.wants_websocket ? NX_HEAD_UPGRADE : NX_HEAD_PLAIN;
  out->length = length;
  return TRUE;
}

/* --- Line by line --- */

/* Where the search stands. Kept packed in the caller's one number. */
typedef struct
{
  gsize offset; /* octets in which the end of a line has been looked for */
  guint lines;  /* whole ones, well-formed; without the empty ones */
} Progress;

static Progress
progress_unpack (gsize scanned)
{
  return (Progress){ .offset = scanned & OFFSET_MASK, .lines = (guint) (scanned >> OFFSET_BITS) };
}

static gsize
progress_pack (const Progress *self)
{
  return self->offset | ((gsize) self->lines << OFFSET_BITS);
}

/* What is certainly no request is told at its first octet: it may never send a line. */
static gboolean
check_first_octet (char octet, NxHeadFault *fault)
{
  if (octet == TLS_HANDSHAKE)
    return nx_head_fault (fault, 400, "TLS on a plain port");
  if (octet != '\r' && !nx_octet_is (octet, NX_OCTET_TOKEN))
    return nx_head_fault (fault, 400, "a first octet that begins no method");
  return TRUE;
}

/* @line is with its LF: whoever takes that alone for a line's end sees other lines than who does
 * not. */
static gboolean
check_line (const char *line, gsize length, guint number, NxHeadFault *fault)
{
  NxRequestLine request_line;
  NxField field;

  if (length < 2 || line[length - 2] != '\r')
    return nx_head_fault (fault, 400, "a line that ends in a bare LF");
  if (number == 0)
    return nx_request_line_parse (line, length - 2, &request_line, fault);
  return nx_field_parse (line, length - 2, &field, fault);
}

static gboolean
is_empty_line (const char *line, gsize length)
{
  return length == 2 && line[0] == '\r';
}

/* Certain at the first octet of the line after the last one that is allowed: only the empty one may
 * follow. */
static gboolean
has_line_too_many (const char *data, gsize length, const Progress *progress, guint max_lines)
{
  gsize at = progress->offset;

  return progress->lines >= max_lines && at < length && data[at - 1] == '\n' && data[at] != '\r';
}

/*
 * Looks at every line that has become whole. FALSE: a fault. TRUE: @end is where the head ends, or
 * 0 when that has not been seen. Each octet is passed at most three times: for the LF, backwards to
 * where its line began, with its line.
 */
static gboolean
scan (const char *data,
      gsize length,
      guint max_lines,
      Progress *progress,
      gsize *end,
      NxHeadFault *fault)
{
  const char *lf;

  while (!has_line_too_many (data, length, progress, max_lines))
    {
      gsize start = progress->offset;

      lf = memchr (data + start, '\n', length - start);
      progress->offset = lf != NULL ? (gsize) (lf - data) + 1 : length;
      if (lf == NULL)
        return TRUE;

      /* It may have begun in an earlier call. */
      while (start > 0 && data[start - 1] != '\n')
        start--;

      if (is_empty_line (data + start, progress->offset - start))
        {
          if (progress->lines > 0)
            {
              *end = progress->offset;
              return TRUE;
            }
          if (start == 0)
            continue; /* RFC 9112 section 2.2: one in front is passed over */
        }

      if (!check_line (data + start, progress->offset - start, progress->lines, fault))
        return FALSE;
      progress->lines++;
    }

  return nx_head_fault (fault, 431, "too many header lines");
}

void
nx_request_head_screen (const char *data,
                        gsize length,
                        const NxHeadLimits *limits,
                        gsize *scanned,
                        guint64 max_body,
                        NxHead *out)
{
  Progress progress = progress_unpack (*scanned);
  gsize end = 0;
  NxHeadFault fault;
  gboolean fine;

  g_assert (limits->max_size <= NX_HEAD_SIZE_MAX);
  g_assert (limits->max_lines >= 1 && limits->max_lines <= NX_HEAD_LINES_MAX);
  g_assert (progress.offset <= length);

  *out = (NxHead){ .verdict = NX_HEAD_INCOMPLETE };
  if (length == 0)
    return;

  fine = check_first_octet (data[0], &fault)
         && (progress.offset <= limits->max_size
             || nx_head_fault (&fault, 431, "a head over the limit"))
         && scan (data, MIN (length, limits->max_size), limits->max_lines, &progress, &end, &fault);
  *scanned = progress_pack (&progress);

  if (fine && end > 0)
    fine = judge (data, end, max_body, out, &fault);
  else if (fine && length >= limits->max_size)
    fine = nx_head_fault (&fault, 431, "a head over the limit");

  if (!fine)
    *out = (NxHead){ .verdict = NX_HEAD_REFUSED, .status = fault.status, .why = fault.why };
}

/* --- Looking into a head that passed --- */

static const char *
first_field (const char *head, gsize length)
{
  const char *start = skip_empty_line (head);

  return (const char *) memchr (start, '\n', head + length - start) + 1;
}

gboolean
nx_request_head_find (const char *head,
                      gsize length,
                      const char *name,
                      const char **value,
                      gsize *value_length)
{
  const char *at = first_field (head, length);
  NxField field;

  while (nx_field_next (&at, head + length, &field))
    if (nx_field_has_name (&field, name))
      {
        *value = field.value;
        *value_length = field.value_length;
        return TRUE;
      }

  return FALSE;
}

gsize
nx_request_head_strip (char *head, gsize length, const char *name)
{
  const char *end = head + length;
  const char *at = first_field (head, length);
  const char *line = at;
  char *kept = head + (at - head);
  NxField field;

  /* What is kept never overtakes what is read: lines only move towards the front. */
  while (nx_field_next (&at, end, &field))
    {
      if (!nx_field_has_name (&field, name))
        {
          memmove (kept, line, at - line);
          kept += at - line;
        }
      line = at;
    }

  memmove (kept, line, end - line);
  return (kept - head) + (end - line);
}
