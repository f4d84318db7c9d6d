/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user's name in credentials (RFC 7617, RFC 7616) that libsoup has accepted. It must be read as libsoup reads it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * @credentials: (nullable) the value of Authorization. @user: (out) (transfer full) (nullable) NULL for another scheme than Basic
 * and Digest. FALSE: the name is not UTF-8 or has control characters.
 */
gboolean nx_auth_user_parse (const char *credentials, char **user);

G_END_DECLS
