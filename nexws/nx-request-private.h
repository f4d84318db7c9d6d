/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxRequest: what a client asked with. It costs the octets of its head; everything else is parsed when somebody asks for it.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _NxRequest NxRequest;

/* @head: what the gate screened. */
NxRequest *nx_request_new (GBytes *head, gboolean is_secure);
/* The request target: what stands between the two spaces of the first line of a head that was screened. */
const char *nx_request_find_target (const char *head, gsize size, gsize *length);

void nx_request_free (NxRequest *self);

const char *nx_request_get_path (NxRequest *self);
GUri *nx_request_get_uri (NxRequest *self);
SoupMessageHeaders *nx_request_get_headers (NxRequest *self);
/* The last of several. */
const char *nx_request_get_query_param (NxRequest *self, const char *name);
char **nx_request_get_query_param_all (NxRequest *self, const char *name);
const char *nx_request_get_cookie (NxRequest *self, const char *name);
/* What cannot be parsed offers nothing. */
const char *const *nx_request_get_subprotocols (NxRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRequest, nx_request_free)

G_END_DECLS
