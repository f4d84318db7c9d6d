/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-token-filter.h"

#include "middleware/nx-token-source-private.h"
#include "nx-enum-types.h"
#include "nx-web-socket-private.h"
#include "transport/nx-answer-private.h"

#include <string.h>

/**
 * NxTokenFilter:
 *
 * Middleware that lets in who shows a good token.
 *
 * Where it is looked for is said by [property@TokenFilter:sources]: the first one that has a token counts, and no other is
 * tried after it. Whether it is good is said by [signal@TokenFilter::verify], or else by [property@TokenFilter:secret].
 *
 * Who shows none, or a bad one, is answered with 401 and `WWW-Authenticate: Bearer`, or with
 * [property@TokenFilter:close-code].
 *
 * A page's script cannot set headers. It can use a cookie, which travels by itself, also from the pages of other sites, so
 * that [property@App:allowed-origins] has to keep those out; a parameter of the query, which ends up in the log of every proxy on the
 * way, so that it is best valid for a minute; or a subprotocol.
 *
 * Since: 0.1
 */

typedef struct
{
  GPtrArray *sources; /* of NxTokenSource */
  char *realm;
  guint close_code;
  gboolean has_secret;
  guint8 secret_digest[32]; /* the secret itself is not kept */
} NxTokenFilterPrivate;

enum {
  PROP_0,
  PROP_SOURCES,
  PROP_SECRET,
  PROP_REALM,
  PROP_CLOSE_CODE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint verify_signal;

G_DEFINE_TYPE_WITH_PRIVATE (NxTokenFilter, nx_token_filter, NX_TYPE_MIDDLEWARE)

static NxTokenFilterPrivate *
get_private (NxTokenFilter *self)
{
  return nx_token_filter_get_instance_private (self);
}

/* -- The secret -- */

static void
digest (const char *text, guint8 out[32])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = 32;

  g_checksum_update (checksum, (const guchar *) text, strlen (text));
  g_checksum_get_digest (checksum, out, &length);
}

/* Of digests, and of all of their octets, so that the time it takes says nothing about the secret, nor about its length. */
static gboolean
is_secret (NxTokenFilterPrivate *priv, const char *token)
{
  guint8 shown[32];
  guint8 difference = 0;

  if (!priv->has_secret)
    return FALSE;
  digest (token, shown);
  for (guint i = 0; i < sizeof shown; i++)
    difference |= shown[i] ^ priv->secret_digest[i];
  return difference == 0;
}

static NxVerdict
nx_token_filter_real_verify (NxTokenFilter *self, NxWebSocket *ws, const char *token)
{
  return is_secret (get_private (self), token) ? NX_VERDICT_PASS : NX_VERDICT_REFUSE;
}

/* Who knows the token has the last word; who does not leaves it to the next one. */
static gboolean
accumulate_verdicts (GSignalInvocationHint *hint,
                     GValue *accumulated,
                     const GValue *verdict,
                     gpointer data)
{
  g_value_copy (verdict, accumulated);
  return g_value_get_enum (verdict) != NX_VERDICT_PASS;
}

/* -- Refusing -- */

static char *
make_challenge (NxTokenFilterPrivate *priv, gboolean has_token)
{
  g_autoptr (GString) text = g_string_new ("Bearer ");

  soup_header_g_string_append_param_quoted (text, "realm", priv->realm);
  if (has_token) /* RFC 6750 section 3.1: none for who did not try */
    g_string_append (text, ", error=\"invalid_token\"");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
refuse (NxTokenFilter *self, NxWebSocket *ws, gboolean has_token)
{
  NxTokenFilterPrivate *priv = get_private (self);
  g_autofree char *challenge = NULL;

  if (nx_web_socket_get_state (ws) != NX_STATE_CONNECTING)
    return;
  if (priv->close_code != 0)
    {
      nx_web_socket_accept_and_close (ws, priv->close_code, "Unauthorized", NULL);
      return;
    }
  challenge = make_challenge (priv, has_token);
  nx_web_socket_set_response_header (ws, "WWW-Authenticate", challenge, NULL);
  nx_web_socket_refuse (ws, 401, NULL);
}

/* -- The handshake -- */

static char *
find_token (NxTokenFilterPrivate *priv, NxWebSocket *ws)
{
  char *token = NULL;

  for (guint i = 0; token == NULL && i < priv->sources->len; i++)
    token = nx_token_source_find (g_ptr_array_index (priv->sources, i), ws);
  return token;
}

static NxVerdict
nx_token_filter_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  NxTokenFilter *self = NX_TOKEN_FILTER (middleware);
  g_autofree char *token = find_token (get_private (self), ws);
  NxVerdict verdict = NX_VERDICT_REFUSE;

  if (token != NULL)
    g_signal_emit (self, verify_signal, 0, ws, token, &verdict);
  if (verdict != NX_VERDICT_PASS)
    refuse (self, ws, token != NULL);
  return verdict;
}

/* -- The object -- */

static char **
dup_sources (NxTokenFilterPrivate *priv)
{
  g_autoptr (GStrvBuilder) texts = g_strv_builder_new ();

  for (guint i = 0; i < priv->sources->len; i++)
    {
      g_autofree char *text = nx_token_source_to_string (g_ptr_array_index (priv->sources, i));

      g_strv_builder_add (texts, text);
    }
  return g_strv_builder_end (texts);
}

static void
set_sources (NxTokenFilterPrivate *priv, const char *const *texts)
{
  g_ptr_array_set_size (priv->sources, 0);
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      NxTokenSource *source = nx_token_source_parse (texts[i]);

      if (source != NULL)
        g_ptr_array_add (priv->sources, source);
      else
        g_critical (
            "NxTokenFilter:sources: \"%s\" is no source and is left out; bearer, cookie:NAME, query:NAME and "
            "subprotocol:BEGINNING are",
            texts[i]);
    }
}

static void
nx_token_filter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxTokenFilterPrivate *priv = get_private (NX_TOKEN_FILTER (object));

  switch (id)
    {
    case PROP_SOURCES:
      g_value_take_boxed (value, dup_sources (priv));
      break;
    case PROP_REALM:
      g_value_set_string (value, priv->realm);
      break;
    case PROP_CLOSE_CODE:
      g_value_set_uint (value, priv->close_code);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_token_filter_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxTokenFilterPrivate *priv = get_private (NX_TOKEN_FILTER (object));
  const char *secret;

  switch (id)
    {
    case PROP_SOURCES:
      set_sources (priv, g_value_get_boxed (value));
      break;
    case PROP_SECRET:
      secret = g_value_get_string (value);
      /* An empty one is a variable that somebody forgot to set. */
      priv->has_secret = secret != NULL && secret[0] != '\0';
      if (priv->has_secret)
        digest (secret, priv->secret_digest);
      break;
    case PROP_REALM:
      g_return_if_fail (g_value_get_string (value) != NULL
                        && nx_answer_is_header_value (g_value_get_string (value)));
      g_free (priv->realm);
      priv->realm = g_value_dup_string (value);
      break;
    case PROP_CLOSE_CODE:
      g_return_if_fail (g_value_get_uint (value) == 0
                        || nx_close_code_is_sendable (g_value_get_uint (value)));
      priv->close_code = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_token_filter_finalize (GObject *object)
{
  NxTokenFilterPrivate *priv = get_private (NX_TOKEN_FILTER (object));

  g_ptr_array_unref (priv->sources);
  g_free (priv->realm);
  G_OBJECT_CLASS (nx_token_filter_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxTokenFilter:sources:
   *
   * Where a token may stand, in the order in which it is looked for: `bearer` (the header Authorization), `cookie:NAME`,
   * `query:NAME`, or `subprotocol:BEGINNING`: an offered subprotocol that begins so, and the rest of it is the token.
   * Only `bearer` unless it is set.
   *
   * With a subprotocol for the token, a client offers another one to speak, since a browser ends a connection for which none of those
   * it offered was chosen.
   *
   * Since: 0.1
   */
  properties[PROP_SOURCES] = g_param_spec_boxed ("sources", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * NxTokenFilter:secret:
   *
   * The one token that is good, compared in constant time. Unset or empty: none is, but for those that
   * [signal@TokenFilter::verify] passes.
   *
   * Since: 0.1
   */
  properties[PROP_SECRET] =
      g_param_spec_string ("secret", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  /**
   * NxTokenFilter:realm:
   *
   * What the challenge calls the service: no %NULL, and nothing that a header cannot hold.
   *
   * The default is `nexws`.
   *
   * Since: 0.1
   */
  properties[PROP_REALM] =
      g_param_spec_string ("realm", NULL, NULL, "nexws", flags | G_PARAM_CONSTRUCT);
  /**
   * NxTokenFilter:close-code:
   *
   * The close code to refuse with ([func@CloseCode.is_sendable]), which, unlike a status, a page's script can read; 1008 and 3000
   * (unauthorized) are usual. 0: with status 401.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_CLOSE_CODE] = g_param_spec_uint ("close-code", NULL, NULL, 0, 4999, 0, flags);
  g_object_class_install_properties (klass, N_PROPS, properties);
}

static void
nx_token_filter_class_init (NxTokenFilterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_token_filter_get_property;
  object_class->set_property = nx_token_filter_set_property;
  object_class->finalize = nx_token_filter_finalize;
  NX_MIDDLEWARE_CLASS (klass)->handshake = nx_token_filter_handshake;
  klass->verify = nx_token_filter_real_verify;
  install_properties (object_class);

  /**
   * NxTokenFilter::verify:
   * @self: the filter
   * @ws: who asks to come in
   * @token: what it showed
   *
   * A token has to be judged. The first PASS ends it; where nobody passes it, [property@TokenFilter:secret] may.
   *
   * A handler that has to ask somebody else calls [method@WebSocket.defer] and passes it; later it calls
   * [method@WebSocket.proceed] or [method@TokenFilter.refuse]. The websocket's cancellable says when nobody waits for the
   * answer any more. What it found out it may attach to @ws.
   *
   * Returns: whether it is a good one
   *
   * Since: 0.1
   */
  verify_signal = g_signal_new ("verify", NX_TYPE_TOKEN_FILTER, G_SIGNAL_RUN_LAST,
                                G_STRUCT_OFFSET (NxTokenFilterClass, verify), accumulate_verdicts,
                                NULL, NULL, NX_TYPE_VERDICT, 2, NX_TYPE_WEB_SOCKET,
                                G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
nx_token_filter_init (NxTokenFilter *self)
{
  NxTokenFilterPrivate *priv = get_private (self);

  priv->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_token_source_free);
  g_ptr_array_add (priv->sources, nx_token_source_parse ("bearer"));
}

/**
 * nx_token_filter_new:
 * @secret: (nullable): the one token that is good
 *
 * Makes a filter for tokens.
 *
 * Returns: (transfer full): the filter
 *
 * Since: 0.1
 */
NxTokenFilter *
nx_token_filter_new (const char *secret)
{
  return g_object_new (NX_TYPE_TOKEN_FILTER, "secret", secret, NULL);
}

/**
 * nx_token_filter_refuse:
 * @self: a token filter
 * @ws: a websocket
 *
 * Refuses as the filter refuses a bad token; for a handler of [signal@TokenFilter::verify] that took its time. Once the
 * handshake is decided, or the client has left, it does nothing.
 *
 * Since: 0.1
 */
void
nx_token_filter_refuse (NxTokenFilter *self, NxWebSocket *ws)
{
  g_return_if_fail (NX_IS_TOKEN_FILTER (self));
  g_return_if_fail (NX_IS_WEB_SOCKET (ws));

  refuse (self, ws, TRUE);
}
