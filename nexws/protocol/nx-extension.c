/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-extension-private.h"

#include <string.h>

#include "protocol/nx-octet-private.h"

/* A token, or the inside of a quoted string with its backslashes. */
typedef struct
{
  const char *start;
  gsize length;
} Slice;

/* The parameters of permessage-deflate, as flags: none may come twice (RFC 7692 section 7.1). */
typedef enum {
  SERVER_NO_CONTEXT_TAKEOVER = 1 << 0,
  CLIENT_NO_CONTEXT_TAKEOVER = 1 << 1,
  SERVER_MAX_WINDOW_BITS = 1 << 2,
  CLIENT_MAX_WINDOW_BITS = 1 << 3,
} Parameter;

/* One element of the list, so far. */
typedef struct
{
  gboolean is_usable; /* it is permessage-deflate, and no parameter was at fault */
  guint given;        /* Parameter flags */
  guint8 server_bits; /* 8 to 15; 15 when not given */
  guint8 client_bits; /* likewise, and when given without a value */
} Offer;

/* --- Grammar --- */

static void
skip_ows (const char **at)
{
  while (nx_octet_is_ows (**at))
    (*at)++;
}

/* Passes @octet and the white space on both sides of it, if it comes next. */
static gboolean
take_octet (const char **at, char octet)
{
  skip_ows (at);
  if (**at != octet)
    return FALSE;
  (*at)++;
  skip_ows (at);
  return TRUE;
}

static gboolean
take_token (const char **at, Slice *out)
{
  out->start = *at;
  while (nx_octet_is (**at, NX_OCTET_TOKEN))
    (*at)++;
  out->length = *at - out->start;
  return out->length > 0;
}

/*
 * RFC 6455 section 9.1: what is left of a quoted string after unescaping MUST be a token. An empty
 * one passes here and fails as a value: it is a fault of the offer, not of the list.
 */
static gboolean
take_quoted (const char **at, Slice *out)
{
  out->start = ++(*at);
  while (**at != '"')
    {
      if (**at == '\\')
        (*at)++;
      if (!nx_octet_is (**at, NX_OCTET_TOKEN))
        return FALSE;
      (*at)++;
    }
  out->length = *at - out->start;
  (*at)++;
  return TRUE;
}

/* --- permessage-deflate's parameters --- */

/* Decimal, 8 to 15, no leading zero (RFC 7692 section 7.1.2); 0 for anything else. */
static guint8
parse_bits (const Slice *value)
{
  guint bits = 0;

  for (gsize i = 0; i < value->length; i++)
    {
      char octet = value->start[i];

      if (octet == '\\')
        continue;
      if (!nx_octet_is (octet, NX_OCTET_DIGIT) || (bits == 0 && octet == '0') || bits > 15)
        return 0;
      bits = bits * 10 + (octet - '0');
    }

  return bits >= 8 && bits <= 15 ? bits : 0;
}

static gboolean
slice_equals (const Slice *slice, const char *text)
{
  return slice->length == strlen (text) && memcmp (slice->start, text, slice->length) == 0;
}

/* 0 for one that RFC 7692 does not know. */
static Parameter
parameter_from_name (const Slice *name)
{
  if (slice_equals (name, "server_no_context_takeover"))
    return SERVER_NO_CONTEXT_TAKEOVER;
  if (slice_equals (name, "client_no_context_takeover"))
    return CLIENT_NO_CONTEXT_TAKEOVER;
  if (slice_equals (name, "server_max_window_bits"))
    return SERVER_MAX_WINDOW_BITS;
  if (slice_equals (name, "client_max_window_bits"))
    return CLIENT_MAX_WINDOW_BITS;
  return 0;
}

/* FALSE: the offer MUST be declined. @value: (nullable) */
static gboolean
offer_add_parameter (Offer *offer, const Slice *name, const Slice *value)
{
  Parameter parameter = parameter_from_name (name);

  if (parameter == 0 || (offer->given & parameter) != 0)
    return FALSE;
  offer->given |= parameter;

  switch (parameter)
    {
    case SERVER_MAX_WINDOW_BITS:
      return value != NULL && (offer->server_bits = parse_bits (value)) != 0;

    case CLIENT_MAX_WINDOW_BITS:
      return value == NULL || (offer->client_bits = parse_bits (value)) != 0;

    case SERVER_NO_CONTEXT_TAKEOVER:
    case CLIENT_NO_CONTEXT_TAKEOVER:
    default:
      return value == NULL;
    }
}

/* One extension with its parameters. FALSE: not the grammar. */
static gboolean
take_offer (const char **at, Offer *offer)
{
  Slice name;

  if (!take_token (at, &name))
    return FALSE;
  *offer = (Offer){ .is_usable = slice_equals (&name, "permessage-deflate"),
                    .server_bits = 15,
                    .client_bits = 15 };

  while (take_octet (at, ';'))
    {
      Slice value;
      gboolean has_value;

      if (!take_token (at, &name))
        return FALSE;
      has_value = take_octet (at, '=');
      if (has_value && !(**at == '"' ? take_quoted (at, &value) : take_token (at, &value)))
        return FALSE;

      if (offer->is_usable)
        offer->is_usable = offer_add_parameter (offer, &name, has_value ? &value : NULL);
    }

  return **at == '\0' || **at == ',';
}

/* --- The answer --- */

/* FALSE when we cannot meet it: zlib does not compress with a window of 256 octets. */
static gboolean
accept_offer (const Offer *offer, const NxDeflateOptions *options, NxDeflateParams *params)
{
  if (!offer->is_usable || offer->server_bits == 8)
    return FALSE;

  params->server_no_context_takeover =
      !options->context_takeover || (offer->given & SERVER_NO_CONTEXT_TAKEOVER) != 0;
  /* Allowed in an answer whether it was offered or not (RFC 7692 section 7.1.1.2). */
  params->client_no_context_takeover =
      !options->context_takeover || (offer->given & CLIENT_NO_CONTEXT_TAKEOVER) != 0;
  /* Using less than we could needs no word in the answer. */
  params->server_max_window_bits = MIN (offer->server_bits, options->window_bits);
  /* A client that did not offer it cannot be told (section 7.1.2.2), and may use all. */
  params->client_max_window_bits = (offer->given & CLIENT_MAX_WINDOW_BITS) != 0
                                       ? MIN (offer->client_bits, options->window_bits)
                                       : 15;
  return TRUE;
}

static void
write_answer (const Offer *offer, const NxDeflateParams *params, GString *answer)
{
  g_string_append (answer, "permessage-deflate");
  if (params->server_no_context_takeover)
    g_string_append (answer, "; server_no_context_takeover");
  if (params->client_no_context_takeover)
    g_string_append (answer, "; client_no_context_takeover");
  if ((offer->given & SERVER_MAX_WINDOW_BITS) != 0)
    g_string_append_printf (answer, "; server_max_window_bits=%u", params->server_max_window_bits);
  if ((offer->given & CLIENT_MAX_WINDOW_BITS) != 0)
    g_string_append_printf (answer, "; client_max_window_bits=%u", params->client_max_window_bits);
}

NxNegotiation
nx_extension_negotiate_deflate (const char *offers,
                                const NxDeflateOptions *options,
                                NxDeflateParams *params,
                                GString *answer)
{
  const char *at = offers;
  NxDeflateParams chosen_params = { 0 };
  Offer chosen = { 0 };
  gboolean is_accepted = FALSE;
  guint n_offers = 0;

  g_assert (options->window_bits >= 9 && options->window_bits <= 15);

  for (;;)
    {
      Offer offer;

      /* Empty elements are passed over (RFC 9110 section 5.6.1.2). */
      skip_ows (&at);
      while (take_octet (&at, ','))
        ;
      if (*at == '\0')
        break;

      if (!take_offer (&at, &offer))
        return NX_NEGOTIATION_MALFORMED;
      n_offers++;

      if (!is_accepted && accept_offer (&offer, options, &chosen_params))
        {
          is_accepted = TRUE;
          chosen = offer;
        }
    }

  if (n_offers == 0)
    return NX_NEGOTIATION_MALFORMED;
  if (!is_accepted)
    return NX_NEGOTIATION_DECLINED;

  *params = chosen_params;
  write_answer (&chosen, params, answer);
  return NX_NEGOTIATION_ACCEPTED;
}
