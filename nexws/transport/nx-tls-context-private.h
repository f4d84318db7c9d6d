/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inside of NxTlsContext, for NxTlsStream. */
#pragma once

#include <gnutls/gnutls.h>

#include "transport/nx-tls-stream-private.h"

struct _NxTlsContext
{
  gatomicrefcount ref_count;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  GTlsDatabase *database; /* nullable */
  GTlsAuthenticationMode client_authentication;
};
