/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxAppHandle: what its websockets and controllers know an app by, and what tells them that it has gone. (With a weak pointer each,
 * the app would go through all of them whenever one of them goes.)
 */
#pragma once

#include "nx-types.h"

G_BEGIN_DECLS

typedef struct
{
  NxApp *app;                /* not owned; NULL once it has gone */
  guint64 node;              /* which of all apps, in whatever processes, it is; never 0 */
  gboolean has_told_untaken; /* that nobody takes a connection's messages: once is enough */
  guint
      told_outcomes; /* of handlers' errors that peers can bring about: a bit for each that was a warning */
} NxAppHandle;

NxAppHandle *nx_app_handle_new (NxApp *app);
NxAppHandle *nx_app_handle_ref (NxAppHandle *self);
void nx_app_handle_unref (NxAppHandle *self);

/* (transfer full): what tells the connection of that number from those of other apps, and of other times: the node, and its number there. */
char *nx_app_handle_make_id (const NxAppHandle *self, guint64 serial);
/* (transfer full): the same, of any app's. */
char *nx_app_handle_format_id (guint64 node, guint64 serial);
/* FALSE: @id is none of any app. */
gboolean nx_app_handle_parse_id (const char *id, guint64 *node, guint64 *serial);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxAppHandle, nx_app_handle_unref)

G_END_DECLS
