/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-request-line-private.h"

#include <string.h>

#include "protocol/nx-octet-private.h"

/*
 * RFC 9112 section 2.3. A minor version that nobody has defined could be served as 1.1 (RFC 9110
 * section 2.5), but nobody sends one and libsoup's opinion of it would be another one than ours.
 */
static gboolean
parse_version (const char *version, gsize length, NxRequestLine *out, NxHeadFault *fault)
{
  if (length != strlen ("HTTP/1.1") || memcmp (version, "HTTP/", 5) != 0
      || !nx_octet_is (version[5], NX_OCTET_DIGIT) || version[6] != '.'
      || !nx_octet_is (version[7], NX_OCTET_DIGIT))
    return nx_head_fault (fault, 400, "the request line does not end in an HTTP version");

  if (version[5] != '1' || (version[7] != '0' && version[7] != '1'))
    return nx_head_fault (fault, 505, "an HTTP version other than 1.0 and 1.1");

  out->minor_version = version[7] - '0';
  return TRUE;
}

static gboolean
check_percent (const char *at, const char *end, gboolean in_path, NxHeadFault *fault)
{
  if (end - at < 3 || !nx_octet_is (at[1], NX_OCTET_HEX) || !nx_octet_is (at[2], NX_OCTET_HEX))
    return nx_head_fault (fault, 400, "a percent sign in the target without two hex digits");

  /* Nobody's path holds one, and whoever decodes it into a C string sees another path than the one
   * that was asked for. */
  if (in_path && at[1] == '0' && at[2] == '0')
    return nx_head_fault (fault, 400, "an encoded NUL in the path");

  return TRUE;
}

/* Origin-form: absolute-path [ "?" query ], RFC 9112 section 3.2.1. */
static gboolean
check_origin_form (const char *target, gsize length, NxHeadFault *fault)
{
  const char *end = target + length;
  NxOctetClass class = NX_OCTET_PATH;

  for (const char *at = target; at < end; at++)
    {
      if (nx_octet_is (*at, class))
        continue;

      if (*at == '?')
        class = NX_OCTET_QUERY;
      else if (*at == '#')
        return nx_head_fault (fault, 400, "a fragment in the target");
      else if (*at != '%')
        return nx_head_fault (fault, 400, "an octet in the target that no URI has");
      else if (!check_percent (at, end, class == NX_OCTET_PATH, fault))
        return FALSE;
    }

  return TRUE;
}

/*
 * The absolute form is for proxies. RFC 9112 section 3.2.2 wants servers to take it all the same;
 * no client sends it to a server that it does not take for a proxy, and it brings a second opinion
 * on which host is meant.
 */
static gboolean
check_target (const NxRequestLine *line, NxHeadFault *fault)
{
  if (nx_request_line_has_method (line, "CONNECT"))
    return nx_head_fault (fault, 501, "CONNECT, but this is not a proxy");

  if (line->target_length == 1 && line->target[0] == '*')
    return nx_request_line_has_method (line, "OPTIONS")
           || nx_head_fault (fault, 400, "the target * without the method OPTIONS");

  if (line->target[0] != '/')
    return nx_head_fault (fault, 400, "a target that does not begin with a slash");

  return check_origin_form (line->target, line->target_length, fault);
}

gboolean
nx_request_line_parse (const char *line, gsize length, NxRequestLine *out, NxHeadFault *fault)
{
  const char *end = line + length;
  const char *at = line;

  while (at < end && nx_octet_is (*at, NX_OCTET_TOKEN))
    at++;
  if (at == line || at == end || *at != ' ')
    return nx_head_fault (fault, 400,
                          "no method and single space at the start of the request line");
  out->method = line;
  out->method_length = at - line;

  out->target = at + 1;
  at = memchr (out->target, ' ', end - out->target);
  if (at == NULL)
    return nx_head_fault (fault, 400, "a request line without an HTTP version");
  if (at == out->target)
    return nx_head_fault (fault, 400, "two spaces in the request line");
  out->target_length = at - out->target;

  /* The version first: another protocol's target is not ours to find fault with. */
  return parse_version (at + 1, end - at - 1, out, fault) && check_target (out, fault);
}

gboolean
nx_request_line_has_method (const NxRequestLine *self, const char *method)
{
  return self->method_length == strlen (method)
         && memcmp (self->method, method, self->method_length) == 0;
}
