/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-app.h"

G_BEGIN_DECLS

#define NX_TYPE_FILE_SERVICE (nx_file_service_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxFileService, nx_file_service, NX, FILE_SERVICE, GObject)

NX_AVAILABLE_IN_ALL
NxFileService *nx_app_serve_directory (NxApp *self,
                                       const char *path,
                                       const char *directory,
                                       GError **error);
NX_AVAILABLE_IN_ALL
NxFileService *nx_app_serve_resources (NxApp *self,
                                       const char *path,
                                       const char *resource_path,
                                       GError **error);

G_END_DECLS
