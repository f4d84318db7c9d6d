/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-credentials-filter.h"

#include "nx-web-socket-private.h"

#include <sys/socket.h>
#include <unistd.h>

/**
 * NxCredentialsFilter:
 *
 * Middleware that lets in processes of certain users, over a unix socket ([method@App.listen_unix]); others get 403, as does who
 * comes over the network.
 *
 * The kernel vouches for who is at the other end: nothing is sent, and nothing can be forged. It is who made the connection that
 * counts, whoever has the socket now.
 *
 * Without further words the processes of the service's own user are let in, see
 * [property@CredentialsFilter:allow-same-user].
 *
 * Since: 0.1
 */
struct _NxCredentialsFilter
{
  NxMiddleware parent_instance;

  gboolean allow_same_user;
  GArray *uids; /* of guint */
  GArray *gids;
};

enum {
  PROP_0,
  PROP_ALLOW_SAME_USER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxCredentialsFilter, nx_credentials_filter, NX_TYPE_MIDDLEWARE)

static gboolean
has_number (GArray *numbers, guint number)
{
  for (guint i = 0; i < numbers->len; i++)
    if (g_array_index (numbers, guint, i) == number)
      return TRUE;
  return FALSE;
}

static gboolean
is_allowed (NxCredentialsFilter *self, GCredentials *credentials)
{
  const struct ucred *peer =
      credentials != NULL ? g_credentials_get_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED)
                          : NULL;

  if (peer == NULL)
    return FALSE;
  return (self->allow_same_user && peer->uid == geteuid ()) || has_number (self->uids, peer->uid)
         || has_number (self->gids, peer->gid);
}

static NxVerdict
nx_credentials_filter_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  GCredentials *credentials = nx_web_socket_get_credentials (ws);
  g_autofree char *who = NULL;

  if (is_allowed (NX_CREDENTIALS_FILTER (middleware), credentials))
    return NX_VERDICT_PASS;
  who = credentials != NULL ? g_credentials_to_string (credentials) : NULL;
  g_message ("Connection %s: refused %s with 403: not in the filter", nx_web_socket_get_id (ws),
             who != NULL ? who : "somebody from the network");
  if (nx_web_socket_get_state (ws) == NX_STATE_CONNECTING)
    nx_web_socket_refuse (ws, 403, NULL);
  return NX_VERDICT_REFUSE;
}

static void
nx_credentials_filter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxCredentialsFilter *self = NX_CREDENTIALS_FILTER (object);

  switch (id)
    {
    case PROP_ALLOW_SAME_USER:
      g_value_set_boolean (value, self->allow_same_user);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_credentials_filter_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  NxCredentialsFilter *self = NX_CREDENTIALS_FILTER (object);

  switch (id)
    {
    case PROP_ALLOW_SAME_USER:
      self->allow_same_user = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_credentials_filter_finalize (GObject *object)
{
  NxCredentialsFilter *self = NX_CREDENTIALS_FILTER (object);

  g_array_unref (self->uids);
  g_array_unref (self->gids);
  G_OBJECT_CLASS (nx_credentials_filter_parent_class)->finalize (object);
}

static void
nx_credentials_filter_class_init (NxCredentialsFilterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_credentials_filter_get_property;
  object_class->set_property = nx_credentials_filter_set_property;
  object_class->finalize = nx_credentials_filter_finalize;
  NX_MIDDLEWARE_CLASS (klass)->handshake = nx_credentials_filter_handshake;

  /**
   * NxCredentialsFilter:allow-same-user:
   *
   * Whether processes of the user that the service runs as are let in.
   *
   * The default is %TRUE.
   *
   * Since: 0.1
   */
  properties[PROP_ALLOW_SAME_USER] =
      g_param_spec_boolean ("allow-same-user", NULL, NULL, TRUE,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_credentials_filter_init (NxCredentialsFilter *self)
{
  self->uids = g_array_new (FALSE, FALSE, sizeof (guint));
  self->gids = g_array_new (FALSE, FALSE, sizeof (guint));
}

/**
 * nx_credentials_filter_new:
 *
 * Makes a filter that lets in the processes of the service's own user.
 *
 * Returns: (transfer full): the filter
 *
 * Since: 0.1
 */
NxCredentialsFilter *
nx_credentials_filter_new (void)
{
  return g_object_new (NX_TYPE_CREDENTIALS_FILTER, NULL);
}

/**
 * nx_credentials_filter_allow_user:
 * @self: a credentials filter
 * @uid: a user's number
 *
 * Lets in the processes of a user.
 *
 * Since: 0.1
 */
void
nx_credentials_filter_allow_user (NxCredentialsFilter *self, guint uid)
{
  g_return_if_fail (NX_IS_CREDENTIALS_FILTER (self));

  g_array_append_val (self->uids, uid);
}

/**
 * nx_credentials_filter_allow_group:
 * @self: a credentials filter
 * @gid: a group's number
 *
 * Lets in the processes of a group: those that run with it as their own. Of the further groups of a process the kernel
 * does not tell.
 *
 * Since: 0.1
 */
void
nx_credentials_filter_allow_group (NxCredentialsFilter *self, guint gid)
{
  g_return_if_fail (NX_IS_CREDENTIALS_FILTER (self));

  g_array_append_val (self->gids, gid);
}
