/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxListener: one listening socket. A backlog that holds a burst, a few connections a turn, and, where there is no
 * descriptor left for one more, a pause in place of a busy loop.
 */
#pragma once

#include <gio/gio.h>

#include "transport/nx-reactor-private.h"

G_BEGIN_DECLS

typedef struct _NxListener NxListener;

/* Takes @fd (connected, non-blocking, close-on-exec) and the addresses, which are NULL where they are not known. */
typedef void (*NxListenerFunc) (NxListener *self,
                                int fd,
                                GSocketAddress *local,
                                GSocketAddress *remote,
                                gpointer owner);

/*
 * A stream socket that is bound to @address: TCP ports again at once after their last use, IPv6 without IPv4, and where @reuse_port
 * together with whoever else says so.
 */
GSocket *nx_listener_bind (GSocketAddress *address, gboolean reuse_port, GError **error);

/* The socket of a descriptor that was passed to this process; it is not passed on to others. */
GSocket *nx_listener_adopt (int fd, GError **error);

/* @socket: bound, not necessarily listening. @is_secure: what comes in speaks TLS. */
NxListener *nx_listener_new (NxReactor *reactor,
                             GSocket *socket,
                             gboolean is_secure,
                             NxListenerFunc func,
                             gpointer owner,
                             GError **error);
/* Stops accepting and closes the socket. A unix socket's file that we made is removed. */
void nx_listener_free (NxListener *self);

/*
 * Other processes listen on the same socket: not all of them need wake up for each connection, and none takes many at once, so
 * that all get some.
 */
void nx_listener_share (NxListener *self);

GSocket *nx_listener_get_socket (NxListener *self);
gboolean nx_listener_is_secure (NxListener *self);
/* The file to remove at the end. */
void nx_listener_set_unix_path (NxListener *self, const char *path);

G_END_DECLS
