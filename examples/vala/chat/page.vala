// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's files, which are linked in.
namespace Chat {
  const string FOLDER = "/nexws/examples/web/";
  // The page needs nothing but its own files and its WebSocket: whatever got into it otherwise is not to run.
  const string POLICY =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  struct Asset {
    string path;
    string file;
    string type;
  }

  const Asset[] ASSETS = {
    { "/", "index.html", "text/html; charset=utf-8" },
    { "/chat.css", "chat.css", "text/css; charset=utf-8" },
    { "/chat.js", "chat.js", "text/javascript; charset=utf-8" },
    { "/connection.js", "connection.js", "text/javascript; charset=utf-8" },
    { "/icon.svg", "icon.svg", "image/svg+xml" }
  };

  void answer (Soup.ServerMessage message, uint status, string text) {
    message.set_status (status, null);
    message.set_response ("text/plain; charset=utf-8", COPY, text.data);
  }

  void answer_with (Soup.ServerMessage message, Asset asset) {
    try {
      var bytes = resources_lookup_data (FOLDER + asset.file, NONE);

      message.get_response_headers ().set_content_type (asset.type, null);
      // The page and its script have to be of one version, whichever server runs here today.
      message.get_response_headers ().append ("Cache-Control", "no-cache");
      message.get_response_body ().append_bytes (bytes);
      message.set_status (200, null);
    } catch (Error e) {
      answer (message, 500, "The page is missing.\n");
    }
  }

  void serve_page (Soup.Server server) {
    server.add_handler (null, (server, message, path, query) => {
      unowned var headers = message.get_response_headers ();

      headers.append ("X-Content-Type-Options", "nosniff");
      headers.append ("Content-Security-Policy", POLICY);
      headers.append ("Referrer-Policy", "no-referrer");
      foreach (var asset in ASSETS) {
        if (asset.path != path)
          continue;
        if (message.get_method () == "GET" || message.get_method () == "HEAD") {
          answer_with (message, asset);
        } else {
          headers.append ("Allow", "GET, HEAD");
          answer (message, 405, "This can only be read.\n");
        }
        return;
      }
      answer (message, 404, "There is nothing here.\n");
    });
  }
}
