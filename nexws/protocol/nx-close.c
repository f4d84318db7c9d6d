/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-close-private.h"
#include "protocol/nx-utf8-private.h"

#define CODE_SIZE 2

gboolean
nx_close_code_is_valid_on_wire (guint code)
{
  return (code >= 1000 && code <= 1003)     /* RFC 6455 */
         || (code >= 1007 && code <= 1014)  /* RFC 6455 and IANA's registry */
         || (code >= 3000 && code <= 4999); /* libraries; private use */
}

NxFault
nx_close_parse (const guint8 *payload,
                gsize length,
                guint16 *code,
                const guint8 **reason,
                gsize *reason_length)
{
  if (length == 0)
    {
      *code = NX_CLOSE_NO_CODE;
      *reason = payload;
      *reason_length = 0;
      return NX_FAULT_NONE;
    }

  if (length < CODE_SIZE)
    return NX_FAULT_CLOSE_TOO_SHORT;

  *code = (guint16) (payload[0] << 8 | payload[1]);
  if (!nx_close_code_is_valid_on_wire (*code))
    return NX_FAULT_CLOSE_CODE;

  *reason = payload + CODE_SIZE;
  *reason_length = length - CODE_SIZE;
  return nx_utf8_is_valid (*reason, *reason_length) ? NX_FAULT_NONE : NX_FAULT_CLOSE_UTF8;
}

/* The longest beginning of @reason that may be sent. */
static gsize
get_sendable_length (const char *reason)
{
  const guint8 *octets = (const guint8 *) reason;
  NxUtf8 utf8 = { 0 };
  gsize length = nx_utf8_accept (&utf8, octets, strnlen (reason, NX_CLOSE_REASON_MAX));

  if (!nx_utf8_is_complete (&utf8))
    while ((octets[--length] & 0xC0) == 0x80)
      ;

  return length;
}

gsize
nx_close_write (guint code, const char *reason, guint8 payload[NX_CLOSE_PAYLOAD_MAX])
{
  gsize reason_length;

  if (code == NX_CLOSE_NO_CODE)
    return 0;

  g_assert (nx_close_code_is_valid_on_wire (code));

  payload[0] = (guint8) (code >> 8);
  payload[1] = (guint8) code;
  reason_length = reason != NULL ? get_sendable_length (reason) : 0;
  if (reason_length > 0)
    memcpy (payload + CODE_SIZE, reason, reason_length);

  return CODE_SIZE + reason_length;
}
