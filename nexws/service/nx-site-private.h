/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxSite: which of the things that an app serves over plain HTTP a path belongs to.
 *
 * libsoup gives a handler every path that begins with the same octets: one for `/static` would hide `/static.html`, and one for
 * `/ready` would answer `/readme.txt` as well if it were called so. Here a path belongs to what is served by whole segments.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* @is_tree: what is below @path belongs to it as well; else @path alone. Replaces what was there. */
void nx_site_add (SoupServer *server,
                  const char *path,
                  gboolean is_tree,
                  SoupServerCallback func,
                  gpointer data,
                  GDestroyNotify destroy);

G_END_DECLS
