/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page and what belongs to it, by HTTP. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void chat_page_serve (SoupServer *server);

G_END_DECLS
