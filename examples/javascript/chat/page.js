// SPDX-License-Identifier: LGPL-2.1-or-later
// The page's files, out of examples/web.
import GLib from 'gi://GLib';
import Soup from 'gi://Soup?version=3.0';

const [here] = GLib.filename_from_uri(import.meta.url);
const folder = GLib.build_filenamev([GLib.path_get_dirname(here), '..', '..', 'web']);

const types = {
    'index.html': 'text/html; charset=utf-8',
    'chat.css': 'text/css; charset=utf-8',
    'chat.js': 'text/javascript; charset=utf-8',
    'connection.js': 'text/javascript; charset=utf-8',
    'icon.svg': 'image/svg+xml',
};
// The page needs nothing but its own files and its WebSocket: whatever got into it otherwise is not to run.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function answer(message, status, type, octets) {
    message.set_status(status, null);
    message.set_response(type, Soup.MemoryUse.COPY, octets);
}

function answerWithText(message, status, text) {
    answer(message, status, 'text/plain; charset=utf-8', new TextEncoder().encode(text));
}

export function servePage(server) {
    const files = new Map();
    for (const [name, type] of Object.entries(types)) {
        const [, octets] = GLib.file_get_contents(`${folder}/${name}`);
        files.set(name === 'index.html' ? '/' : `/${name}`, {type, octets});
    }

    server.add_handler(null, (_, message, path) => {
        const headers = message.get_response_headers();
        headers.append('X-Content-Type-Options', 'nosniff');
        headers.append('Content-Security-Policy', policy);
        headers.append('Referrer-Policy', 'no-referrer');
        const file = files.get(path);
        if (file === undefined) {
            answerWithText(message, 404, 'There is nothing here.\n');
        } else if (!['GET', 'HEAD'].includes(message.get_method())) {
            headers.append('Allow', 'GET, HEAD');
            answerWithText(message, 405, 'This can only be read.\n');
        } else {
            // The page and its script have to be of one version, whichever server runs here today.
            headers.append('Cache-Control', 'no-cache');
            answer(message, 200, file.type, file.octets);
        }
    });
}
