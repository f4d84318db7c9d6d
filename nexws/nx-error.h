/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-version.h"

G_BEGIN_DECLS

/**
 * NX_ERROR:
 *
 * The error domain of this library. Its codes are those of [error@Error].
 *
 * Since: 0.1
 */
#define NX_ERROR (nx_error_quark ())

/**
 * NxError:
 * @NX_ERROR_DISCONNECTED: the connection has ended, or is about to
 * @NX_ERROR_INVALID_STATE: not possible now, such as accepting twice
 * @NX_ERROR_INVALID_DATA: what came is not what it should be, such as a binary message where text is wanted
 * @NX_ERROR_TOO_LARGE: over a limit; the message says which
 * @NX_ERROR_TIMEOUT: it took too long
 * @NX_ERROR_ADDRESS: an address that cannot be listened on
 * @NX_ERROR_PATTERN: a path pattern that is malformed, or means the same as another
 * @NX_ERROR_SLOW_PEER: the policy for slow peers did not take the message
 * @NX_ERROR_UNSUPPORTED: a type of the program's own that JSON cannot express, or a part that this library was built without
 * @NX_ERROR_BACKPLANE: what carries messages between processes did not take this one
 * @NX_ERROR_INVALID_ARGUMENT: what was given to a function is not what it takes: a mistake of the program, whoever the peer is
 *
 * What can go wrong.
 *
 * Since: 0.1
 */
typedef enum {
  NX_ERROR_DISCONNECTED,
  NX_ERROR_INVALID_STATE,
  NX_ERROR_INVALID_DATA,
  NX_ERROR_TOO_LARGE,
  NX_ERROR_TIMEOUT,
  NX_ERROR_ADDRESS,
  NX_ERROR_PATTERN,
  NX_ERROR_SLOW_PEER,
  NX_ERROR_UNSUPPORTED,
  NX_ERROR_BACKPLANE,
  NX_ERROR_INVALID_ARGUMENT,
} NxError;

NX_AVAILABLE_IN_ALL
GQuark nx_error_quark (void);

G_END_DECLS
