/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <libsoup/soup.h>

#include "nx-enums.h"
#include "nx-error.h"
#include "nx-version.h"

G_BEGIN_DECLS

typedef struct _NxApp NxApp;
typedef struct _NxController NxController;
typedef struct _NxGroup NxGroup;
typedef struct _NxRoute NxRoute;
typedef struct _NxRouter NxRouter;
typedef struct _NxWebSocket NxWebSocket;

G_END_DECLS
