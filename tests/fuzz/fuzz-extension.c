/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first octet chooses our options; the rest is the list of offers, and once more the list of
 * subprotocols. What we answer must be an offer that we would ourselves accept with the same
 * answer.
 */
#include "config.h"

#include "protocol/nx-extension-private.h"
#include "protocol/nx-subprotocol-private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define CHECK(condition)                                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  }                                                                                                \
  G_STMT_END

static void
check_accepted (const NxDeflateParams *params, const NxDeflateOptions *options, const char *answer)
{
  g_autoptr (GString) again = g_string_new (NULL);
  NxDeflateParams same = { 0 };

  CHECK (params->server_max_window_bits >= 9);
  CHECK (params->server_max_window_bits <= options->window_bits);
  CHECK (params->client_max_window_bits >= 8 && params->client_max_window_bits <= 15);
  CHECK (options->context_takeover || params->server_no_context_takeover);

  CHECK (nx_extension_negotiate_deflate (answer, options, &same, again) == NX_NEGOTIATION_ACCEPTED);
  CHECK (strcmp (again->str, answer) == 0);
  CHECK (memcmp (&same, params, sizeof same) == 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) answer = NULL;
  g_auto (GStrv) names = NULL;
  NxDeflateOptions options;
  NxDeflateParams params = { 0 };

  if (size < 1)
    return 0;
  options.context_takeover = data[0] & 1;
  options.window_bits = 9 + (data[0] >> 1) % 7;
  text = g_strndup ((const char *) data + 1, size - 1);

  answer = g_string_new (NULL);
  if (nx_extension_negotiate_deflate (text, &options, &params, answer) == NX_NEGOTIATION_ACCEPTED)
    check_accepted (&params, &options, answer->str);
  else
    CHECK (answer->len == 0);

  names = nx_subprotocol_split (text);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    CHECK (names[i][0] != '\0' && strstr (text, names[i]) != NULL);

  return 0;
}
