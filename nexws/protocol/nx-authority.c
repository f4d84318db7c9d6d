/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-authority-private.h"

#include <string.h>

#include "protocol/nx-octet-private.h"

/* --- Addresses --- */

/* Four decimal octets, none with a leading zero: `0177.1` is somebody's 127.0.0.1 and somebody
 * else's name. */
static gboolean
parse_ipv4 (const char *text, gsize length, guint8 octets[4])
{
  const char *end = text + length;

  for (guint i = 0; i < 4; i++)
    {
      const char *start = text;
      guint value = 0;

      while (text < end && text - start < 3 && nx_octet_is (*text, NX_OCTET_DIGIT))
        value = value * 10 + (*text++ - '0');
      if (text == start || value > 255 || (*start == '0' && text - start > 1))
        return FALSE;
      octets[i] = value;

      if (i < 3 && (text == end || *text++ != '.'))
        return FALSE;
    }

  return text == end;
}

/* One to four hex digits; returns how many there were, 0 for none. */
static guint
parse_ipv6_group (const char *text, const char *end, guint16 *group)
{
  guint n = 0;

  *group = 0;
  while (n < 4 && text + n < end && nx_octet_is (text[n], NX_OCTET_HEX))
    *group = *group << 4 | g_ascii_xdigit_value (text[n++]);

  return n;
}

/* Moves the groups behind the `::` to the end, and zeros into the gap. */
static gboolean
close_gap (guint16 groups[8], guint n_groups, guint gap)
{
  guint n_behind = n_groups - gap;

  if (n_groups == 8)
    return FALSE;

  memmove (groups + 8 - n_behind, groups + gap, n_behind * sizeof groups[0]);
  memset (groups + gap, 0, (8 - n_groups) * sizeof groups[0]);
  return TRUE;
}

/* RFC 4291 section 2.2; without a zone, which means nothing to another host. */
static gboolean
parse_ipv6 (const char *text, gsize length, guint16 groups[8])
{
  const char *end = text + length;
  guint n = 0;
  guint gap = G_MAXUINT;

  if (length >= 2 && text[0] == ':' && text[1] == ':')
    {
      gap = 0;
      text += 2;
    }

  while (text < end)
    {
      guint8 octets[4];
      guint digits;

      if (n <= 6 && parse_ipv4 (text, end - text, octets))
        {
          groups[n++] = octets[0] << 8 | octets[1];
          groups[n++] = octets[2] << 8 | octets[3];
          break;
        }

      if (n == 8 || (digits = parse_ipv6_group (text, end, &groups[n])) == 0)
        return FALSE;
      n++;
      text += digits;
      if (text == end)
        break;

      if (*text++ != ':' || text == end)
        return FALSE;
      if (*text == ':')
        {
          if (gap != G_MAXUINT)
            return FALSE;
          gap = n;
          text++;
        }
    }

  return gap == G_MAXUINT ? n == 8 : close_gap (groups, n, gap);
}

/* --- Parsing --- */

static gboolean
parse_port (const char *text, gsize length, NxAuthority *out)
{
  guint port = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (!nx_octet_is (text[i], NX_OCTET_DIGIT))
        return FALSE;
      port = port * 10 + (text[i] - '0');
      if (port > G_MAXUINT16)
        return FALSE;
    }

  out->has_port = length > 0;
  out->port = port;
  return TRUE;
}

gboolean
nx_authority_parse (const char *text, gsize length, NxAuthority *out)
{
  const char *end = text + length;
  const char *at = text;

  *out = (NxAuthority){ 0 };

  if (length > 0 && *text == '[')
    {
      at = memchr (text, ']', length);
      out->host = text + 1;
      out->is_ipv6 = at != NULL && parse_ipv6 (text + 1, at - text - 1, out->ipv6);
      if (!out->is_ipv6)
        return FALSE;
      out->host_length = at - out->host;
      at++;
    }
  else
    {
      while (at < end && nx_octet_is (*at, NX_OCTET_HOST))
        at++;
      out->host = text;
      out->host_length = at - text;
      if (at == text)
        return FALSE;
    }

  return at == end || (*at == ':' && parse_port (at + 1, end - at - 1, out));
}

/* --- Comparing --- */

static gboolean
host_equals (const NxAuthority *self, const NxAuthority *other)
{
  if (self->is_ipv6 != other->is_ipv6)
    return FALSE;
  if (self->is_ipv6)
    return memcmp (self->ipv6, other->ipv6, sizeof self->ipv6) == 0;
  return self->host_length == other->host_length
         && g_ascii_strncasecmp (self->host, other->host, self->host_length) == 0;
}

static gboolean
has_name (const NxAuthority *self, const char *name)
{
  return self->host_length == strlen (name)
         && g_ascii_strncasecmp (self->host, name, self->host_length) == 0;
}

gboolean
nx_authority_is_loopback (const NxAuthority *self)
{
  static const guint16 loopback[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
  guint8 octets[4];

  if (self->is_ipv6)
    return memcmp (self->ipv6, loopback, sizeof loopback) == 0;

  return has_name (self, "localhost") || has_name (self, "localhost.")
         || (parse_ipv4 (self->host, self->host_length, octets) && octets[0] == 127);
}

/* What is behind the scheme of a known kind, and that scheme's port; NULL for any other. */
static const char *
skip_scheme (const char *origin, gsize length, guint16 *default_port)
{
  static const struct
  {
    const char *prefix;
    guint16 port;
  } schemes[] = { { "http://", 80 }, { "https://", 443 }, { "ws://", 80 }, { "wss://", 443 } };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize n = strlen (schemes[i].prefix);

      if (length >= n && g_ascii_strncasecmp (origin, schemes[i].prefix, n) == 0)
        {
          *default_port = schemes[i].port;
          return origin + n;
        }
    }

  return NULL;
}

gboolean
nx_authority_matches_origin (const NxAuthority *self,
                             guint16 default_port,
                             const char *origin,
                             gsize length)
{
  guint16 origin_default;
  const char *at = skip_scheme (origin, length, &origin_default);
  NxAuthority page;
  guint16 port, page_port;

  if (at == NULL || !nx_authority_parse (at, origin + length - at, &page)
      || !host_equals (self, &page))
    return FALSE;

  port = self->has_port ? self->port : default_port;
  page_port = page.has_port ? page.port : origin_default;
  return port == page_port || (port == default_port && page_port == origin_default);
}

gboolean
nx_origin_is_well_formed (const char *text)
{
  const char *at = text;
  NxAuthority authority;

  if (strcmp (text, "null") == 0)
    return TRUE;
  if (!g_ascii_isalpha (*at))
    return FALSE;
  while (g_ascii_isalnum (*at) || *at == '+' || *at == '-' || *at == '.')
    at++;
  if (strncmp (at, "://", 3) != 0)
    return FALSE;
  at += 3;
  return nx_authority_parse (at, strlen (at), &authority) && authority.host_length > 0;
}
