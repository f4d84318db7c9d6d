/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of an error that a handler fails with: who is told, how the connection ends, and what the log says. doc/guide/errors.md
 * has the same table for people.
 */
#include "config.h"

#include <string.h>

#include "nx-error-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-close-private.h"

typedef enum {
  CAUSE_PROGRAM, /* a mistake, or something that broke: a warning each time */
  CAUSE_PEER, /* any peer can bring it about, as often as it likes: a warning once, information from then on */
} Cause;

typedef struct
{
  GQuark (*domain) (void);
  int code;
  guint close_code; /* of an open connection */
  guint status;     /* of HTTP, before the handshake is decided */
  Cause cause;
  gboolean is_told_by_end; /* no error at all of a connection that closes, or has ended */
} Outcome;

static const Outcome outcomes[] = {
  { nx_error_quark, NX_ERROR_DISCONNECTED, NX_CLOSE_INTERNAL_ERROR, 500, CAUSE_PEER, TRUE },
  { nx_error_quark, NX_ERROR_INVALID_DATA, NX_CLOSE_INVALID_DATA, 400, CAUSE_PEER, FALSE },
  { nx_error_quark, NX_ERROR_TOO_LARGE, NX_CLOSE_TOO_BIG, 413, CAUSE_PEER, FALSE },
  { nx_error_quark, NX_ERROR_TIMEOUT, NX_CLOSE_TRY_AGAIN_LATER, 503, CAUSE_PEER, FALSE },
  { nx_error_quark, NX_ERROR_SLOW_PEER, NX_CLOSE_TRY_AGAIN_LATER, 503, CAUSE_PEER, TRUE },
  { nx_error_quark, NX_ERROR_BACKPLANE, NX_CLOSE_TRY_AGAIN_LATER, 503, CAUSE_PEER, FALSE },
  { g_io_error_quark, G_IO_ERROR_TIMED_OUT, NX_CLOSE_TRY_AGAIN_LATER, 503, CAUSE_PEER, FALSE },
  { g_io_error_quark, G_IO_ERROR_CANCELLED, NX_CLOSE_GOING_AWAY, 503, CAUSE_PEER, TRUE },
};

/* Whatever is not in the table. */
static const Outcome other_outcome = {
  NULL, 0, NX_CLOSE_INTERNAL_ERROR, 500, CAUSE_PROGRAM, FALSE
};

static const Outcome *
find_outcome (const GError *error)
{
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++)
    if (g_error_matches (error, outcomes[i].domain (), outcomes[i].code))
      return &outcomes[i];
  return &other_outcome;
}

static void
end (NxWebSocket *self, const Outcome *outcome)
{
  switch (self->state)
    {
    case NX_STATE_CONNECTING:
      nx_web_socket_refuse (self, outcome->status, NULL);
      break;
    case NX_STATE_OPEN:
      nx_web_socket_close (self, outcome->close_code, NULL, NULL);
      break;
    case NX_STATE_CLOSING:
    case NX_STATE_CLOSED:
      break;
    }
}

void
nx_web_socket_end_failed (NxWebSocket *self, const GError *error)
{
  end (self, find_outcome (error));
}

/* As much of it as a close frame holds, in whole characters. */
static char *
make_reason (const char *text)
{
  gsize length = strlen (text);

  if (length > NX_CLOSE_REASON_MAX)
    for (length = NX_CLOSE_REASON_MAX; length > 0 && ((guchar) text[length] & 0xC0) == 0x80;)
      length--;
  return g_strndup (text, length);
}

/* It is told, since it is about the peer's own data; and it is no warning, since any peer could fill the log. */
static void
report_fault (NxWebSocket *self, const GError *error)
{
  g_autofree char *reason = make_reason (error->message);

  g_info ("Connection %s to %.128s: %s", nx_web_socket_get_id (self), nx_web_socket_get_path (self),
          error->message);
  nx_web_socket_close (self, self->fault_code, reason, NULL);
}

static void
tell_log (NxWebSocket *self, const Outcome *outcome, const GError *error)
{
  guint bit = outcome->cause == CAUSE_PEER ? 1u << (outcome - outcomes) : 0;
  gboolean is_known = (self->app_handle->told_outcomes & bit) != 0;

  self->app_handle->told_outcomes |= bit;
  g_log (G_LOG_DOMAIN, is_known ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_WARNING,
         "Connection %s to %.128s failed: %s%s", nx_web_socket_get_id (self),
         nx_web_socket_get_path (self), error->message,
         bit != 0 && !is_known ? " (a peer may bring this about: from now on it is but information)"
                               : "");
}

/* Routers come between the one that failed and the table. */
static gboolean
is_handled_above (NxWebSocket *self, const GError *error)
{
  return self->hooks != NULL && self->hooks->handle_error (self, error, self->hooks_data);
}

void
nx_web_socket_log_error (NxWebSocket *self, const GError *error)
{
  if (is_handled_above (self, error))
    return;
  tell_log (self, find_outcome (error), error);
}

void
nx_web_socket_report_error (NxWebSocket *self, const GError *error)
{
  const Outcome *outcome = find_outcome (error);

  if (is_handled_above (self, error))
    return;
  if (self->fault_code != 0)
    {
      report_fault (self, error);
      return;
    }
  tell_log (self, outcome, error);
  end (self, outcome);
}

void
nx_web_socket_fail (NxWebSocket *self, GError *error)
{
  if ((self->state >= NX_STATE_CLOSING || self->close_code != 0)
      && find_outcome (error)->is_told_by_end)
    return;
  if (self->hooks == NULL) /* on_disconnect is over, and a handler that did not end in time fails */
    {
      nx_web_socket_report_error (self, error);
      return;
    }
  self->n_handlers++;
  self->hooks->failed (self, error, self->hooks_data);
  self->n_handlers--;
}
