/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxWebSocket, whose rules of life stand one in a file. From below: -base.c (what all stand on), -request.c, -send.c, -ping.c;
 * -deliver.c (how a message finds its taker), -decide.c (from the handshake to open or refused), -close.c, -life.c (handlers, and the end) and
 * -fail.c (errors), which call each other, since a handler may end what called it; -receive.c and -poll.c (what waits for messages), and
 * nx-web-socket.c: the object.
 */
#pragma once

#include "nx-web-socket.h"

#include "nx-app-handle-private.h"
#include "nx-request-private.h"
#include "routing/nx-path-params-private.h"
#include "transport/nx-connection-private.h"
#include "transport/nx-handshake-private.h"

G_BEGIN_DECLS

/*
 * Who decides, and who handles: what the floors above hang on to a websocket. All calls are made with the websocket and
 * the data given.
 */
typedef struct
{
  /* The stage's last deferral has ended, or it had none: go on to the next one. */
  void (*advance) (NxWebSocket *self, gpointer data);
  /* Accepted or refused, or the peer has left. */
  void (*decided) (NxWebSocket *self, gpointer data);
  /* Is there an on_receive? */
  gboolean (*has_receiver) (NxWebSocket *self, gpointer data);
  void (*receive) (NxWebSocket *self, NxMessage *message, gpointer data, GError **error);
  void (*disconnected) (NxWebSocket *self, guint code, const char *reason, gpointer data);
  void (*failed) (NxWebSocket *self, GError *error, gpointer data);
  /* Nobody nearer has handled it: TRUE when somebody has now. */
  gboolean (*handle_error) (NxWebSocket *self, const GError *error, gpointer data);
  /* It is over, accepted or not. */
  void (*closed) (NxWebSocket *self, gpointer data);
  void (*free) (gpointer data);
} NxWebSocketHooks;

/*
 * Who looks at every message of a connection on its way, such as a middleware that counts or limits; made by that one, and in its
 * struct. Without any, a message costs a comparison with NULL.
 */
typedef struct _NxTap NxTap;
struct _NxTap
{
  NxTap *next; /* in the order in which they were added */
  /* (nullable) before it is delivered; FALSE: it is not */
  gboolean (*received) (NxTap *self, NxWebSocket *ws, NxMessage *message);
  /* (nullable) it is queued */
  void (*sent) (NxTap *self, NxWebSocket *ws, NxMessage *message);
  /* (nullable) what is unsent fell to the low-water mark */
  void (*drained) (NxTap *self, NxWebSocket *ws);
  void (*free) (NxTap *self);
};

/* Where a websocket stands in a list that is not the app's. */
typedef struct
{
  gpointer list; /* a NxConnectionList */
  guint position;
  gboolean is_leaving : 1;
  gboolean is_told : 1; /* the application knows that it is there */
  gpointer data;        /* of the list's owner */
} NxListPlace;

typedef enum {
  NX_STAGE_SCREENING, /* before any code of the application */
  NX_STAGE_MIDDLEWARE,
  NX_STAGE_HANDLER,
  NX_STAGE_DECIDED,
} NxStage;

struct _NxWebSocket
{
  GObject parent_instance;

  NxAppHandle *app_handle;
  NxReactor *reactor;
  NxSettings *settings;
  const NxWebSocketHooks *hooks;
  gpointer hooks_data;
  guint64 serial;
  guint list_position; /* in the app's list of connections */
  NxListPlace *places; /* in others; not many, so they are looked through */
  guint n_places;
  guint n_places_allocated;
  NxTap *taps;
  gboolean is_address_counted;
  char *id; /* made when asked for */

  /* The request. */
  NxRequest *request;
  NxPathParams path_params;
  GSocketAddress *remote_address;
  GCredentials *credentials;         /* nullable */
  GTlsCertificate *peer_certificate; /* nullable */
  char *user;                        /* nullable: whom a SoupAuthDomain accepted */
  char *subprotocol;                 /* nullable */

  /* Deciding. */
  NxState state;
  NxStage stage;
  NxHandshake *handshake; /* NULL once decided */
  guint n_deferrals;
  NxTimer decision_timer;
  gboolean was_accepted;
  gboolean peer_left; /* before it was decided */
  guint status;       /* of HTTP, that it was answered with; 0: none yet */

  /* Receiving. */
  NxConnection *connection; /* NULL before, and after */
  GQueue inbox;             /* of NxMessage */
  gsize inbox_size;
  GQueue receivers; /* of GTask, waiting; or the place of who polls */
  NxTask readable_task;
  NxTask pump_task;
  gconstpointer parcel; /* of the receive that was served last, as long as nobody has taken it */
  guint n_pauses;
  guint n_holds;    /* while there is one, nothing is read */
  guint n_handlers; /* that run, or went on after they returned */
  gboolean is_pumping;
  gboolean is_serving;   /* the result of a receive is on its way to its callback */
  gboolean is_offered;   /* the first message is for who polls, who was told or is about to be */
  gboolean is_digesting; /* a message was given to a receive, and its taker has not come back */
  gboolean input_ended;
  guint fault_code; /* while on_error is told what the peer did wrong: how to close; else 0 */

  /* Sending. */
  GQueue senders; /* of GTask, waiting for the low-water mark */
  GQueue pings;   /* of GTask */
  guint64 n_pings;

  /* The end. */
  guint sent_code; /* of our own close; 0: none */
  guint close_code;
  char *close_reason;
  GQueue closers; /* of GTask */
  GCancellable *cancellable;
  NxTimer disconnect_timer;
  gboolean disconnect_pending;
};

NxWebSocket *nx_web_socket_new (NxAppHandle *app_handle,
                                NxReactor *reactor,
                                NxSettings *settings,
                                NxHandshake *handshake,
                                guint64 serial);

/* nx-web-socket-base.c */
enum {
  NX_WEB_SOCKET_OPENED,
  NX_WEB_SOCKET_MESSAGE,
  NX_WEB_SOCKET_READABLE,
  NX_WEB_SOCKET_DRAIN,
  NX_WEB_SOCKET_CLOSED,
  NX_WEB_SOCKET_FINISHED,
  NX_WEB_SOCKET_N_SIGNALS
};
extern guint nx_web_socket_signals[NX_WEB_SOCKET_N_SIGNALS];
void nx_web_socket_install_signals (void);
void nx_web_socket_set_state (NxWebSocket *self, NxState state);
void nx_web_socket_set_close (NxWebSocket *self, guint code, const char *reason);
void nx_web_socket_set_hooks (NxWebSocket *self, const NxWebSocketHooks *hooks, gpointer data);
/* Takes @tap, until the end of the object. */
void nx_web_socket_add_tap (NxWebSocket *self, NxTap *tap);
/* NULL: it has none in @list. Both are valid until the next one is added or removed. */
NxListPlace *nx_web_socket_find_place (NxWebSocket *self, gpointer list);
NxListPlace *nx_web_socket_add_place (NxWebSocket *self, gpointer list);
void nx_web_socket_remove_place (NxWebSocket *self, gpointer list);
GError *nx_web_socket_make_disconnected_error (NxWebSocket *self);

/* nx-web-socket-decide.c */
void nx_web_socket_finish_deciding (NxWebSocket *self);
/* Runs the current stage to its end: calls advance when nothing is deferred. */
void nx_web_socket_start_deciding (NxWebSocket *self, guint timeout_ms);
void nx_web_socket_refuse (NxWebSocket *self, guint status, const char *body);

/* nx-web-socket-deliver.c */
gboolean nx_web_socket_take_message (NxWebSocket *self, NxMessage *message);
void nx_web_socket_pump (NxWebSocket *self);
/* Has everything been dealt with that came before the end of the input? Then answer it. */
void nx_web_socket_check_input_end (NxWebSocket *self);
/* Is there, or may there soon be, somebody for the messages that wait? */
gboolean nx_web_socket_has_taker (NxWebSocket *self);
void nx_web_socket_end_receivers (NxWebSocket *self);
void nx_web_socket_readable_cb (NxTask *task);
void nx_web_socket_pump_cb (NxTask *task);
void nx_web_socket_drop_inbox (NxWebSocket *self);
/* Stops reading, as a full inbox does, until it was released as often. What was read already is delivered. */
void nx_web_socket_hold_input (NxWebSocket *self);
void nx_web_socket_release_input (NxWebSocket *self);
/* In the queue of those who wait, the place of a nx_web_socket_try_receive() that found nothing. */
#define NX_WEB_SOCKET_PULLER ((gpointer) &nx_web_socket_puller)
extern const char nx_web_socket_puller;
/* (transfer full) (nullable): the message of a receive that was served. */
NxMessage *nx_web_socket_open_parcel (GTask *task, GError **error);
NxMessage *nx_web_socket_take_first (NxWebSocket *self);                   /* (transfer full) */
void nx_web_socket_return_message (NxWebSocket *self, NxMessage *message); /* takes it */
/* Tells whoever polls, at the end of this turn, that the first message is its own. */
void nx_web_socket_offer (NxWebSocket *self);

/* nx-web-socket-send.c */
/* What all that end in `_async` are made of. Takes @message and @error, of which one is NULL. */
void nx_web_socket_queue_async (NxWebSocket *self,
                                NxMessage *message,
                                GError *error,
                                gpointer tag,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean nx_web_socket_queue_finish (NxWebSocket *self,
                                     GAsyncResult *result,
                                     gpointer tag,
                                     GError **error);
void nx_web_socket_end_senders (NxWebSocket *self, gboolean is_drained);

/* nx-web-socket-ping.c */
void nx_web_socket_pong_cb (NxConnection *connection,
                            const guint8 *data,
                            gsize length,
                            gpointer owner);

/* nx-web-socket-close.c */
gboolean nx_web_socket_check_close (guint code, const char *reason, GError **error);

/* nx-web-socket-life.c */
/* Takes the stream of @handshake, and @answer. */
void nx_web_socket_open (NxWebSocket *self,
                         NxHandshake *handshake,
                         const NxDeflateParams *deflate,
                         NxFrame *answer);
/* Brackets every call of the application's code; whoever brackets holds a reference. Takes @error. */
void nx_web_socket_enter_handler (NxWebSocket *self);
void nx_web_socket_leave_handler (NxWebSocket *self, GError *error);
void nx_web_socket_end (NxWebSocket *self);
/* Ends it at once, with 1006: the app goes, the handshake is refused. */
void nx_web_socket_cut (NxWebSocket *self);

/* nx-web-socket-fail.c */
/* A handler failed: tells the hooks, unless the end of the connection says it all. */
void nx_web_socket_fail (NxWebSocket *self, GError *error);
/* What happens to an error that nobody else handles: it is logged, and the connection ends as the error has it. */
void nx_web_socket_report_error (NxWebSocket *self, const GError *error);
/* The first half of that. */
void nx_web_socket_log_error (NxWebSocket *self, const GError *error);
/* Ends the connection as @error has it, unless somebody did. */
void nx_web_socket_end_failed (NxWebSocket *self, const GError *error);

G_END_DECLS
