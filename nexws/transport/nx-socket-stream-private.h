/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxSocketStream: a connected stream socket, TCP or unix. */
#pragma once

#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

/* Takes the descriptor, which must not block; NULL (and the descriptor closed) when the kernel has no room for it. */
NxStream *nx_socket_stream_new (NxReactor *reactor, int fd);
/* Likewise, where the addresses are known. Takes them; NULL: not known. */
NxStream *nx_socket_stream_new_accepted (NxReactor *reactor,
                                         int fd,
                                         GSocketAddress *local,
                                         GSocketAddress *remote);

G_END_DECLS
