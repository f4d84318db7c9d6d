/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define NX_INSIDE

#include "nx-version.h"
#include "nx-enums.h"
#include "nx-enum-types.h"
#include "nx-error.h"
#include "nx-guest-source.h"
#include "nx-message.h"
#include "nx-turn-watch.h"
#include "nx-types.h"
#include "nx-web-socket.h"
#include "nx-controller.h"
#include "nx-rpc-error.h"
#include "nx-rpc-call.h"
#include "nx-rpc-controller.h"
#include "nx-route.h"
#include "nx-router.h"
#include "nx-app.h"
#include "groups/nx-group.h"
#include "groups/nx-backplane-entry.h"
#include "groups/nx-backplane.h"
#include "groups/nx-redis-backplane.h"
#include "testing/nx-test-client.h"
#include "middleware/nx-credentials-filter.h"
#include "middleware/nx-middleware.h"
#include "middleware/nx-origin-filter.h"
#include "middleware/nx-rate-limiter.h"
#include "middleware/nx-request-log.h"
#include "middleware/nx-token-filter.h"
#include "service/nx-file-service.h"
#include "service/nx-health.h"

#undef NX_INSIDE
