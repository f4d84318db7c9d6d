/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxApp, one concern in a file. From below: -base.c (what all stand on), -properties.c and -policy.c (what can be set on it, and
 * what is checked of it), -unrouted.c (what becomes no websocket), -reception.c (from an accepted descriptor to one), -listen.c, -groups.c,
 * -stop.c (the drain), -describe.c; -run.c (a standalone program) with -options.c, -start.c, -assign.c, -tell.c and -workers.c; and nx-app.c: the
 * object.
 */
#pragma once

#include "nx-app.h"

#include "nx-app-handle-private.h"
#include "nx-connection-list-private.h"
#include "groups/nx-groups-private.h"
#include "groups/nx-backplane-private.h"
#include "transport/nx-gate-private.h"
#include "transport/nx-handshake-private.h"
#include "transport/nx-listener-private.h"
#include "transport/nx-settings-private.h"
#include "transport/nx-tls-stream-private.h"

G_BEGIN_DECLS

typedef struct
{
  NxAppHandle *handle; /* which outlives the app with those who hold it */
  SoupServer *server;
  NxReactor *reactor;
  NxLingerer *lingerer;
  NxGate *gate;
  NxHandshaker *handshaker;
  NxConnectionList *connections; /* decided or not */
  NxGroups *groups;
  GPtrArray *listeners; /* of NxListener */
  guint64 n_serials;
  NxBackplane *backplane; /* nullable */
  guint worker;           /* which one this is; 0: none of several */
  guint n_workers;        /* 0: as many as there are processors */

  /* Limits and policies. */
  NxSettings *settings; /* replaced, never changed: connections share it */
  NxGateLimits gate_limits;
  guint decision_timeout_ms;
  char *application_version; /* nullable */
  char *page;                /* nullable */
  guint max_undecided;
  guint max_connections;             /* 0: no limit */
  guint max_connections_per_address; /* 0: no limit */
  char **allowed_hosts;              /* nullable */
  char **allowed_origins;            /* nullable */
  GHashTable *n_per_address;         /* of counts, by the address as text; while there is a limit */

  /* TLS. */
  GTlsCertificate *certificate;
  GTlsDatabase *database; /* nullable: who signs clients' certificates */
  GTlsAuthenticationMode client_authentication;
  NxTlsContext *tls; /* made when needed, of the three above */

  /* The drain. */
  guint drain_delay_ms;
  guint drain_timeout_ms;
  guint drain_spread_ms;
  gboolean is_started;
  gboolean
      is_leaving; /* it is to stop, and whoever asks is told so, but it still takes everybody */
  gboolean is_stopping;
  gboolean is_draining; /* everybody has been told that it is stopping */
  gboolean is_telling;  /* that it has stopped */
  GQueue stoppers;      /* of GTask */
  NxTimer leave_timer;  /* the end of the delay */
  NxTimer drain_timer;  /* the next ones to close */
  NxTimer drain_deadline;
  gint64 drain_began_us;
  GPtrArray *to_drain; /* of NxWebSocket */
  guint n_to_drain;
  guint n_drained;

  struct _NxAppRun *run; /* nx_app_run() or nx_app_run_async(), while that runs */

  /* Statistics. */
  guint n_undecided;
  guint n_plain_requests; /* with the server, until they are answered */
  guint64 n_accepted;
} NxAppPrivate;

/* nx-app-base.c */
NxAppPrivate *nx_app_get_private (NxApp *self);
/* Comes last in the initialization of the class. */
void nx_app_set_up_base (NxAppClass *klass);

enum {
  NX_APP_STARTED,
  NX_APP_STOPPING,
  NX_APP_STOPPED,
  NX_APP_REFUSED,
  NX_APP_N_SIGNALS
};
extern guint nx_app_signals[NX_APP_N_SIGNALS];

/* nx-app-properties.c */
enum {
  NX_APP_PROP_0,
  NX_APP_PROP_SERVER,
  NX_APP_PROP_CONNECTIONS,
  NX_APP_PROP_N_CONNECTIONS,
  NX_APP_PROP_N_UNDECIDED,
  NX_APP_PROP_N_ACCEPTED,
  NX_APP_PROP_N_REFUSED_HEADS,
  NX_APP_PROP_HANDSHAKE_TIMEOUT,
  NX_APP_PROP_DECISION_TIMEOUT,
  NX_APP_PROP_MAX_HEADER_SIZE,
  NX_APP_PROP_MAX_HEADER_LINES,
  NX_APP_PROP_MAX_PENDING,
  NX_APP_PROP_MAX_UNDECIDED,
  NX_APP_PROP_MAX_BODY_SIZE,
  NX_APP_PROP_MAX_CONNECTIONS,
  NX_APP_PROP_MAX_CONNECTIONS_PER_ADDRESS,
  NX_APP_PROP_ALLOWED_HOSTS,
  NX_APP_PROP_ALLOWED_ORIGINS,
  NX_APP_PROP_TLS_CERTIFICATE,
  NX_APP_PROP_TLS_DATABASE,
  NX_APP_PROP_TLS_CLIENT_AUTHENTICATION,
  NX_APP_PROP_DRAIN_DELAY,
  NX_APP_PROP_DRAIN_TIMEOUT,
  NX_APP_PROP_DRAIN_SPREAD,
  NX_APP_PROP_BACKPLANE,
  NX_APP_PROP_WORKERS,
  NX_APP_PROP_WORKER_NUMBER,
  NX_APP_PROP_APPLICATION_VERSION,
  NX_APP_PROP_PAGE,
  NX_APP_PROP_FIRST_SETTING,
  NX_APP_N_PROPS = NX_APP_PROP_FIRST_SETTING
};
void nx_app_install_properties (GObjectClass *klass);

/* nx-app-policy.c */
void nx_app_check_hosts (char **hosts);
void nx_app_check_origins (char **origins);
void nx_app_set_tls (NxApp *self,
                     GTlsCertificate *certificate,
                     GTlsDatabase *database,
                     GTlsAuthenticationMode mode);
void nx_app_set_backplane (NxAppPrivate *priv, NxBackplane *backplane);

/* nx-app-listen.c, for who listens by way of other processes. @sockets: of GSocket, gets them */
gboolean nx_app_bind (const char *host, guint16 port, GPtrArray *sockets, GError **error);
gboolean nx_app_bind_unix (const char *path, GPtrArray *sockets, GError **error);
/* Those that systemd passed, if it did. */
gboolean nx_app_bind_activation (GPtrArray *sockets, GError **error);
/* On those that were passed to this process and to others. */
gboolean nx_app_listen_shared (NxApp *self, guint n, GError **error);
GUri *nx_app_make_uri (GSocket *socket, gboolean is_secure);

/* nx-app-assign.c */
/* @assignment: PROPERTY=VALUE. */
gboolean nx_app_assign (NxApp *self, const char *assignment, GError **error);

/* nx-app-tell.c */
/* Takes @uris. */
void nx_app_tell_uris (NxApp *self, GList *uris);
void nx_app_tell_routes (NxApp *self);
void nx_app_tell_description (NxApp *self, const char *format, GError **error);

/* nx-app-workers.c */

/* Whether this process is one of several that nx_app_supervise() started. */
gboolean nx_app_is_worker (void);
/* Listens on what was passed. @ended: called when whoever started us is gone. */
gboolean nx_app_begin_work (NxApp *self, GSourceFunc ended, gpointer data, GError **error);
/* From now on it serves. */
void nx_app_tell_ready (void);
/*
 * Starts @n processes like this one, that listen on @sockets, and keeps so many until a signal says to end. @ready is called when all
 * of them serve. Returns the exit status.
 */
int nx_app_supervise (GPtrArray *sockets, guint n, GFunc ready, gpointer data);

/* nx-app-reception.c */
void nx_app_take_descriptor (NxListener *listener,
                             int fd,
                             GSocketAddress *local,
                             GSocketAddress *remote,
                             gpointer self);
void nx_app_take_stream (NxApp *self, NxStream *stream);
void nx_app_take_head (NxStream *stream,
                       const NxHead *head,
                       const guint8 *data,
                       gsize length,
                       gpointer self);
void nx_app_take_handshake (NxHandshake *handshake, gpointer self);

/* nx-app-unrouted.c */
/* The app answered by itself, and no middleware has seen it. @path: (nullable). The caller is done with the app, or holds it. */
void nx_app_tell_refused (NxApp *self, GSocketAddress *remote, const char *path, guint status);
/* @head: one that was screened. */
void nx_app_tell_refused_head (NxApp *self,
                               GSocketAddress *remote,
                               const char *head,
                               gsize size,
                               guint status);
void nx_app_take_refused_head (GSocketAddress *remote, guint status, gpointer self);
void nx_app_take_answered (GSocketAddress *remote, GBytes *head, guint status, gpointer self);
/* @path: percent-encoded. */
gboolean nx_app_has_route_for (NxApp *self, const char *path);
void nx_app_require_upgrade (SoupServerMessage *message);
/* What is served where nothing else is; @handle: of the app. */
void nx_app_serve_unhandled_cb (SoupServer *server,
                                SoupServerMessage *message,
                                const char *path,
                                GHashTable *query,
                                gpointer handle);

/* nx-app-listen.c */
/* Emits `started`, unless it has been, or the app is on its way out. */
void nx_app_tell_started (NxApp *self);

/* nx-app-stop.c */
void nx_app_init_drain (NxApp *self);
void nx_app_connection_closed (NxApp *self);
/* Since nx_app_stop_async() was called, and until it has stopped. */
gboolean nx_app_is_on_its_way_out (NxApp *self);

G_END_DECLS
