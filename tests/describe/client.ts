// SPDX-License-Identifier: LGPL-2.1-or-later
// Uses what was generated as a client does.
import {
  BoardToClient, BoardToServer, Channels, DeskCalled, DeskMethods, DeskToClient, FlightDeckToServer, Point, Sample, TalkToServer,
} from "./service";

type Board = Channels["/v1/board/{game}/{rest}"];

const point: Point = { x: 1, y: 2 };
const sample: Sample = {
  points: [point], once: 1, colour: "dark-green", style: ["bold", "wide"], uint64: "18446744073709551615",
  "maybe-text": null, point: null, pair: ["a", 1], time: "2024-02-29T23:59:00Z", node: { a: 1 }, words: ["a"],
};
const poke: TalkToServer = { type: "poke", x: 1, y: 1 };
const wave: FlightDeckToServer = poke; // of the route "flight-deck"
const paint: TalkToServer = { type: "paint", n: 1, how: "wide", rest: [1, "a"], tree: { twigs: [{}, { twigs: [] }] }, lost: 7 };
const protocol: Board["subprotocol"] = "board.v1";

function send(socket: WebSocket, message: Board["toServer"]): void {
  socket.send(JSON.stringify(message));
}

function take(message: BoardToClient): string {
  switch (message.type) {
    case "moved":
      return `${message.x} ${message.y} ${message.label.length}`; // there in what the server sends
    case "stopped":
      return "stopped";
  }
}

export function run(socket: WebSocket): void {
  const stop: BoardToServer = { type: "stop" };
  send(socket, stop);
  send(socket, { type: "move", ...point });
  send(socket, { type: "fill", ...sample });
  send(socket, { type: "tie", left: { left: null, right: {} } });
  socket.onmessage = event => console.log(take(JSON.parse(event.data)), poke, wave, paint, protocol);
}

// A caller of JSON-RPC as clients write it: params and result are the method's.
declare function call<M extends keyof DeskMethods>(method: M, params: DeskMethods[M]["params"]): Promise<DeskMethods[M]["result"]>;
const handlers: { [M in keyof DeskCalled]: (params: DeskCalled[M]["params"]) => DeskCalled[M]["result"] } = {
  ask: where => where.x > where.label.length,
  tell: () => "told",
};

export async function talk(message: DeskToClient): Promise<number> {
  const there = await call("move", { x: 1, y: 2 });
  const nothing: null = await call("stop", undefined);
  const whatever: unknown = await call("any of it", [1, { a: 2 }]);
  const request: Channels["/desk"]["toServer"] = { jsonrpc: "2.0", id: 1, method: "move", params: there };
  if ("method" in message && message.method === "ask")
    return handlers.ask(message.params) ? 1 : 0;
  return there.label.length + await call("count", {}) + (nothing ?? 0) + (whatever === request ? 1 : 0);
}
