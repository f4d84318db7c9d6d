// SPDX-License-Identifier: LGPL-2.1-or-later
// As much of GJS as the examples use.
declare function print(...values: unknown[]): void;
declare function printerr(...values: unknown[]): void;
declare const console: {error(...values: unknown[]): void};
interface ImportMeta { url: string }
declare class TextEncoder { encode(text: string): Uint8Array }

declare module 'gi://GLib' {
    namespace GLib {
        const PRIORITY_DEFAULT: number;
        const SOURCE_REMOVE: boolean;
        class Bytes {
            constructor(data: Uint8Array);
            get_size(): number;
        }
        class Variant { constructor(signature: string, value: unknown) }
        class Uri {
            get_host(): string | null;
            get_port(): number;
            get_scheme(): string;
            to_string(): string;
        }
        function build_filenamev(parts: string[]): string;
        function file_get_contents(path: string): [boolean, Uint8Array];
        function filename_from_uri(uri: string): [string, string | null];
        function getenv(name: string): string | null;
        function idle_add(priority: number, callback: () => boolean): number;
        function path_get_dirname(path: string): string;
        function timeout_add(priority: number, ms: number, callback: () => boolean): number;
        function utf8_casefold(text: string, length: number): string;
    }
    export default GLib;
}

declare module 'gi://GObject' {
    namespace GObject {
        type GType = {readonly name: string};
        enum ParamFlags { READWRITE = 3 }
        class ParamSpec {
            static int(name: string, nick: string, blurb: string, flags: ParamFlags, min: number, max: number, value: number): ParamSpec;
        }
        class Object {
            static readonly $gtype: GType;
            connect(signal: string, callback: (...args: any[]) => any): number;
            disconnect(id: number): void;
        }
        function registerClass<T>(options: object, klass: T): T;
    }
    export default GObject;
}

declare module 'gi://Gio' {
    namespace Gio {
        class Cancellable { cancel(): void }
        class Credentials {}
        class SocketAddress {}
        class Socket {}
        class TlsCertificate {}
        interface ListModel { get_n_items(): number }
    }
    export default Gio;
}

declare module 'gi://Soup?version=3.0' {
    namespace Soup {
        enum MemoryUse { COPY }
        class MessageHeaders { append(name: string, value: string): void }
        class ServerMessage {
            get_method(): string;
            get_response_headers(): MessageHeaders;
            set_status(status: number, phrase: string | null): void;
            set_response(type: string | null, use: MemoryUse, octets: Uint8Array): void;
        }
        class Server { add_handler(path: string | null, callback: (server: Server, message: ServerMessage, path: string) => void): void }
    }
    export default Soup;
}
