/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "middleware/nx-middleware.h"

G_BEGIN_DECLS

#define NX_TYPE_TOKEN_FILTER (nx_token_filter_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxTokenFilter, nx_token_filter, NX, TOKEN_FILTER, NxMiddleware)

/**
 * NxTokenFilterClass:
 * @parent_class: the parent class
 * @verify: judges a token as handlers of [signal@TokenFilter::verify] do; the default compares it with the secret
 *
 * The class structure of [class@TokenFilter].
 *
 * Since: 0.1
 */
struct _NxTokenFilterClass
{
  NxMiddlewareClass parent_class;

  /**
   * NxTokenFilterClass::verify:
   * @self: a token filter
   * @ws: who asks to come in
   * @token: what it showed
   *
   * Judges a token that no handler of [signal@TokenFilter::verify] passed.
   *
   * Returns: whether it is a good one; the default compares it with [property@TokenFilter:secret]
   *
   * Since: 0.1
   */
  NxVerdict (*verify) (NxTokenFilter *self, NxWebSocket *ws, const char *token);

  /*< private >*/
  gpointer padding[8];
};

NX_AVAILABLE_IN_ALL
NxTokenFilter *nx_token_filter_new (const char *secret) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_token_filter_refuse (NxTokenFilter *self, NxWebSocket *ws);

G_END_DECLS
