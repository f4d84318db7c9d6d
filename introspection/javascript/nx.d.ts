// SPDX-License-Identifier: LGPL-2.1-or-later
// TypeScript declarations of `gi://Nx?version=1` as overrides/Nx.js makes it, under the names of JavaScript. Those of GLib, Gio and the
// others are other people's: npm has them as @girs/gjs, @girs/soup-3.0 and so on.

declare module 'gi://Nx?version=1' {
    import type Gio from 'gi://Gio';
    import type GLib from 'gi://GLib';
    import type GObject from 'gi://GObject';
    import type Soup from 'gi://Soup?version=3.0';

    type Json = null | boolean | number | string | Json[] | {[name: string]: unknown};
    type Awaitable<T> = T | PromiseLike<T>;
    /** How long to wait for a message, and what ends that. The message that was waited for is the next one's. */
    interface ReceiveOptions {
        /** in milliseconds; then TimeoutError */
        timeout?: number;
        cancellable?: Gio.Cancellable | null;
    }
    type RouteHandler = (ws: Nx.WebSocket) => Awaitable<unknown>;
    type MiddlewareHandler = (ws: Nx.WebSocket, next: () => Promise<void>) => Awaitable<unknown>;
    type ControllerClass<A extends unknown[]> = new (...args: A) => Nx.Controller;

    namespace Nx {
        /** The connection has gone, or is about to. */
        class WebSocketDisconnect extends globalThis.Error {
            constructor(code?: number, reason?: string);
            readonly code: number;
            readonly reason: string;
        }
        /** The peer sent what was not asked for. In a handler that closes with 1007. */
        class InvalidData extends globalThis.Error {}
        /** Nothing came in the time that was given for it. */
        class TimeoutError extends globalThis.Error {}

        enum State { CONNECTING, OPEN, CLOSING, CLOSED }
        enum MessageKind { TEXT, BINARY }
        enum Verdict { REFUSE, PASS }
        enum Encoding { ANY, TEXT, BYTES, JSON }
        enum SlowPolicy { CLOSE, DROP_NEW, DROP_OLDEST, KEEP }
        enum ListenFlags { DEFAULT = 0, TLS = 1, REUSE_PORT = 2 }
        enum LimitOutcome { SLOW_DOWN, DROP, CLOSE }
        enum TestTransport { TCP, TLS, UNIX }
        enum DescriptionFormat { ASYNCAPI, JSONSCHEMA, TYPESCRIPT }
        enum Error { DISCONNECTED, INVALID_STATE, INVALID_DATA, TOO_LARGE, TIMEOUT, ADDRESS, PATTERN, SLOW_PEER, UNSUPPORTED, BACKPLANE, INVALID_ARGUMENT }
        enum CloseCode {
            NORMAL = 1000, GOING_AWAY = 1001, PROTOCOL_ERROR = 1002, UNSUPPORTED_DATA = 1003, NO_STATUS = 1005, ABNORMAL = 1006,
            INVALID_DATA = 1007, POLICY_VIOLATION = 1008, TOO_BIG = 1009, EXTENSION_REQUIRED = 1010, INTERNAL_ERROR = 1011,
            SERVICE_RESTART = 1012, TRY_AGAIN_LATER = 1013, BAD_GATEWAY = 1014, TLS_HANDSHAKE = 1015,
        }
        enum RpcError { PARSE = -32700, INVALID_REQUEST = -32600, METHOD_NOT_FOUND = -32601, INVALID_PARAMS = -32602, INTERNAL = -32603, TIMED_OUT = -32000 }
        function closeCodeIsSendable(code: number): boolean;

        /** What came, or is to be sent to many; it never changes. */
        class Message {
            static fromText(text: string): Message;
            static fromBytes(data: Uint8Array | ArrayBuffer | GLib.Bytes): Message;
            static fromJson(value: Json): Message;
            readonly isText: boolean;
            /** null for a binary message */
            readonly text: string | null;
            /** the octets of either kind */
            readonly data: Uint8Array;
            /** in octets */
            readonly size: number;
            /** @throws {InvalidData} */
            json(): any;
            getObject(type: GObject.GType | {$gtype: GObject.GType}): GObject.Object;
            getVariant(signature: string | null): GLib.Variant;
        }

        class WebSocket extends GObject.Object {
            // What it asked with.
            readonly id: string;
            readonly path: string;
            readonly pathParams: Readonly<Record<string, string>>;
            readonly queryParams: Map<string, string> & {getAll(name: string): string[]};
            readonly headers: Map<string, string>;
            readonly cookies: Map<string, string>;
            readonly user: string | null;
            readonly app: App | null;
            readonly subprotocol: string | null;
            readonly remoteAddress: Gio.SocketAddress;
            getUri(): GLib.Uri;
            getOrigin(): string | null;
            /** The page that it comes from; null from what is no browser. */
            readonly origin: string | null;
            getOfferedSubprotocols(): string[];
            getPeerCertificate(): Gio.TlsCertificate | null;
            getCredentials(): Gio.Credentials | null;

            // Deciding: at once; what is returned may be ignored.
            accept(): Promise<void>;
            reject(status?: number, body?: string | null): Promise<void>;
            acceptAndClose(code: number, reason?: string | null): Promise<void>;
            setSubprotocol(name: string | null): boolean;
            setResponseHeader(name: string, value: string): boolean;
            defer(): void;
            proceed(): void;

            // Receiving.
            receive(options?: ReceiveOptions): Promise<Message>;
            receiveText(options?: ReceiveOptions): Promise<string>;
            receiveBytes(options?: ReceiveOptions): Promise<Uint8Array>;
            receiveJson(options?: ReceiveOptions): Promise<any>;
            messages(): AsyncIterable<Message>;
            texts(): AsyncIterable<string>;
            bytes(): AsyncIterable<Uint8Array>;
            jsons(): AsyncIterable<any>;
            pause(): void;
            resume(): void;

            // Sending: at once; what is returned is kept when the peer has taken most of what waits, and may be ignored.
            sendText(text: string): Promise<void>;
            sendBytes(data: Uint8Array | ArrayBuffer | GLib.Bytes): Promise<void>;
            sendJson(value: Json): Promise<void>;
            sendMessage(message: Message): Promise<void>;
            sendObject(object: GObject.Object): Promise<void>;
            sendAction(type: string, object: GObject.Object | null): Promise<void>;
            sendVariant(value: GLib.Variant): Promise<void>;
            readonly bufferedAmount: number;

            // Life.
            readonly state: State;
            readonly closeCode: number;
            readonly closeReason: string | null;
            close(code?: number, reason?: string | null): Promise<void>;
            /** @returns the time of the round trip in microseconds */
            ping(cancellable?: Gio.Cancellable | null): Promise<number>;
            getCancellable(): Gio.Cancellable;
            /** @returns the message that the peer answers with */
            ask(value: Sendable, options?: AskOptions): Promise<Message>;
            getGroups(): Group[];
        }

        interface GroupOptions {
            /** who does not get it */
            excluding?: WebSocket | null;
            /** asked for each member; what it filters is not kept in the history */
            filter?: ((ws: WebSocket) => unknown) | null;
        }
        interface AskOptions {
            /** in milliseconds; 5000 by default */
            timeout?: number;
            cancellable?: Gio.Cancellable | null;
        }
        /** A string as text, octets as a binary message, a message as it is, anything else as JSON. */
        type Sendable = Json | Uint8Array | ArrayBuffer | Message;

        /**
         * Websockets by a name. What is sent is on its way at once; the promise may be ignored, and in a group with history is kept with
         * the id of the message when that is recorded.
         */
        class Group extends GObject.Object implements Iterable<WebSocket> {
            readonly name: string;
            readonly size: number;
            readonly members: Gio.ListModel;
            readonly lastId: string | null;
            readonly nDropped: number;
            readonly nGaps: number;
            historySize: number;
            /** in milliseconds */
            historyAge: number;
            historyBytes: number;
            announcesPresence: boolean;
            slowPolicy: SlowPolicy;
            /** @returns whether it was no member before */
            add(ws: WebSocket): boolean;
            addAfter(ws: WebSocket, afterId?: string | null): void;
            remove(ws: WebSocket): boolean;
            has(ws: unknown): boolean;
            [Symbol.iterator](): Iterator<WebSocket>;
            send(value: Sendable, options?: GroupOptions): Promise<string | null | void>;
            sendText(text: string, options?: GroupOptions): Promise<string | null | void>;
            sendBytes(data: Uint8Array | ArrayBuffer | GLib.Bytes, options?: GroupOptions): Promise<string | null | void>;
            sendJson(value: Json, options?: GroupOptions): Promise<string | null | void>;
            sendMessage(message: Message, options?: GroupOptions): Promise<string | null | void>;
            sendVolatile(value: Sendable, options?: {excluding?: WebSocket | null}): Promise<void>;
            /** @returns who has answered, by the ids of the websockets, the ids of those who have not, and whether these are all */
            ask(value: Sendable, options?: AskOptions & {excluding?: WebSocket | null}): Promise<{answers: Map<string, Message>; missing: string[]; complete: boolean}>;
            setPresence(ws: WebSocket, key: string, meta?: Json): void;
            readonly presence: Record<string, any>;
        }

        class Route extends GObject.Object {
            readonly pattern: string;
            name: string | null;
            /** Hears of what a handler has thrown; then the connection ends. */
            connect(signal: 'error', handler: (route: Route, ws: WebSocket, error: any) => Awaitable<void>): number;
            connect<S extends string>(signal: S extends 'error' ? never : S, handler: (...args: any[]) => unknown): number;
        }

        class Router extends GObject.Object {
            constructor(properties?: object);
            /** `error` gets what a handler has thrown, and says at once whether that is dealt with: a promise is none. */
            connect(signal: 'error', handler: (router: Router, ws: WebSocket, error: any) => boolean): number;
            connect<S extends string>(signal: S extends 'error' ? never : S, handler: (...args: any[]) => unknown): number;
            websocketRoute(pattern: string, handler: RouteHandler): Route;
            wsRoute(pattern: string, handler: RouteHandler): Route;
            addController(controller: Controller): Route;
            addController<A extends unknown[]>(pattern: string, controller: ControllerClass<A>, ...args: A): Route;
            addController(pattern: string, controller: Controller | ((ws: WebSocket) => Controller)): Route;
            removeRoute(route: Route): void;
            addMiddleware(middleware: MiddlewareHandler | Middleware | (new () => Middleware)): void;
            removeMiddleware(middleware: MiddlewareHandler | Middleware): void;
            mount(prefix: string, router: Router): boolean;
            mountRouter(router: Router, prefix?: string): boolean;
            unmount(router: Router): void;
            urlFor(name: string, parameters: Record<string, string> | null): string;
            describe(): string;
        }

        interface AppProperties {
            allowedHosts?: string[];
            allowedOrigins?: string[];
            /** how it reaches other processes */
            backplane?: GObject.Object | null;
            closeTimeout?: number;
            compression?: boolean;
            drainTimeout?: number;
            handshakeTimeout?: number;
            highWaterMark?: number;
            lowWaterMark?: number;
            maxConnections?: number;
            maxConnectionsPerAddress?: number;
            maxJsonDepth?: number;
            maxMessageSize?: number;
            /** the path of a page for people, which is told where to open */
            page?: string | null;
            pingInterval?: number;
            pongTimeout?: number;
            slowPolicy?: SlowPolicy;
            tlsCertificate?: Gio.TlsCertificate;
        }

        interface App extends Required<AppProperties> {}
        class App extends Router {
            constructor(properties?: AppProperties & Record<string, unknown>);
            readonly server: Soup.Server;
            readonly connections: Gio.ListModel;
            readonly nConnections: number;
            findWebSocket(id: string): WebSocket | null;
            group(name: string, properties?: {historySize?: number; historyAge?: number; historyBytes?: number; announcesPresence?: boolean; slowPolicy?: SlowPolicy}): Group;
            findGroup(name: string): Group | null;
            sendTo(id: string, value: Sendable): boolean;
            sendToGroups(names: string[], value: Sendable, options?: {excluding?: WebSocket | null}): Promise<void>;
            listen(host: string | null, port: number, flags?: ListenFlags): boolean;
            listenUnix(path: string, flags?: ListenFlags): boolean;
            listenSocket(socket: Gio.Socket, flags?: ListenFlags): boolean;
            getUris(): GLib.Uri[];
            readonly uris: GLib.Uri[];
            /** Runs until SIGINT or SIGTERM; not after an await. @returns the exit status */
            run(argv?: string[] | null): number;
            runAsync(argv?: string[] | null): Promise<boolean>;
            start(argv: string[] | null): boolean;
            stop(cancellable?: Gio.Cancellable | null): Promise<boolean>;
            quit(): void;
            testClient(properties?: object): TestClient;
            serveDirectory(path: string, directory: string): GObject.Object;
            serveHealth(path: string): boolean;
            serveReadiness(path: string): boolean;
            describeAs(format: DescriptionFormat): string;
        }

        /**
         * A class to derive from. Its methods may be asynchronous. onReceive() without a message receives by itself; any other method
         * onMove() is for {"type": "move"}.
         */
        class Controller extends GObject.Object {
            constructor(properties?: {encoding?: Encoding; subprotocols?: string[]});
            /** classes of GObject for the members of actions; null for none */
            static actions?: Record<string, {$gtype: GObject.GType} | null>;
            /** the same of what is sent */
            static sent?: Record<string, {$gtype: GObject.GType} | null>;
            readonly app: App | null;
            encoding: Encoding;
            subprotocols: string[] | null;
            onConnect(ws: WebSocket): Awaitable<unknown>;
            onReceive?(ws: WebSocket, message: Message): Awaitable<unknown>;
            onDisconnect(ws: WebSocket, code: number, reason: string): Awaitable<unknown>;
            onError(ws: WebSocket, error: any): Awaitable<unknown>;
        }

        /** An answer to a call that is an error, with data for the peer. */
        class RpcFailure extends globalThis.Error {
            constructor(code: number, message: string, data?: Json);
            readonly code: number;
            readonly data: Json | undefined;
        }
        /** Somebody's call of a method. */
        class RpcCall extends GObject.Object {
            getMethod(): string;
            getId(): string | null;
            isNotification(): boolean;
            getWebSocket(): WebSocket;
            getCancellable(): Gio.Cancellable;
        }
        /** JSON-RPC: the methods that `methods` names get (params, call) and return the result, or a promise of it. */
        class RpcController extends Controller {
            static methods?: readonly string[];
            /** in milliseconds; 0: none */
            callTimeout: number;
            call(ws: WebSocket, method: string, params?: Json, options?: ReceiveOptions): Promise<any>;
            notify(ws: WebSocket, method: string, params?: Json): boolean;
            /**
             * What the function calls until it returns goes out as one batch, unless it throws.
             *
             * @returns the results in the order of the calls; it fails with the first of them that does
             */
            batch(ws: WebSocket, fill: (batch: RpcBatch) => void): Promise<any[]>;
        }
        interface RpcBatch {
            /** @returns the result of this call alone, which may be ignored */
            call(method: string, params?: Json, options?: ReceiveOptions): Promise<any>;
            notify(method: string, params?: Json): void;
        }

        class Middleware extends GObject.Object {
            vfunc_handshake(ws: WebSocket): Verdict;
            vfunc_received(ws: WebSocket, message: Message): Verdict;
            vfunc_sent(ws: WebSocket, message: Message): void;
            vfunc_closed(ws: WebSocket, code: number, reason: string | null): void;
        }
        class OriginFilter extends Middleware {
            constructor(properties?: {allowedOrigins?: string[]; requireOrigin?: boolean});
        }
        class TokenFilter extends Middleware {
            constructor(properties?: {secret?: string; sources?: string[]; realm?: string; closeCode?: number});
            refuse(ws: WebSocket): void;
        }
        class CredentialsFilter extends Middleware {
            constructor(properties?: {allowSameUser?: boolean});
            allowUser(uid: number): void;
            allowGroup(gid: number): void;
        }
        class RateLimiter extends Middleware {
            constructor(properties?: Record<string, number>);
        }
        class RequestLog extends Middleware {}

        /** A peer of an app in the same process, for its tests. */
        class TestClient extends GObject.Object {
            constructor(properties: {app: App} & Record<string, unknown>);
            readonly app: App;
            /** in milliseconds */
            timeout: number;
            setHeader(name: string, value: string | null): void;
            setCookie(name: string, value: string | null): void;
            open(path: string): Promise<boolean>;
            expectRefusal(path: string, status: number): Promise<boolean>;
            request(method: string, path: string, body?: string | Uint8Array | null): Promise<number>;
            setSubprotocols(names: string[] | null): void;
            /** of the answer to the handshake, or to a request */
            readonly status: number;
            readonly state: State;
            readonly subprotocol: string | null;
            readonly closeCode: number;
            readonly closeReason: string | null;
            getStatus(): number;
            getResponseHeader(name: string): string | null;
            dupResponseText(): string | null;
            sendText(text: string): void;
            sendBytes(data: Uint8Array | ArrayBuffer | GLib.Bytes): void;
            sendJson(value: Json): void;
            sendMessage(message: Message): void;
            receive(): Promise<Message>;
            receiveText(): Promise<string>;
            receiveBytes(): Promise<Uint8Array>;
            receiveJson(): Promise<any>;
            sendAction(type: string, members?: object): void;
            expectText(text: string): Promise<void>;
            expectJson(value: Json): Promise<void>;
            /** Calls a method by JSON-RPC. */
            call(method: string, params?: object): Promise<any>;
            expectNothing(): Promise<void>;
            expectClose(code: number, reason?: string | null): Promise<boolean>;
            ping(): Promise<boolean>;
            close(code?: number, reason?: string | null): Promise<boolean>;
            stopReading(capacity: number): void;
            startReading(): void;
            halfClose(): void;
            cut(): void;
            freezeTime(): void;
            advanceTime(ms: number): Promise<boolean>;
        }
    }
    export default Nx;
}
