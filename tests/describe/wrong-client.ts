// SPDX-License-Identifier: LGPL-2.1-or-later
// Each line that says so has a mistake that the generated types are to find.
import { BoardToClient, BoardToServer, Channels, DeskMethods, DeskToServer, Point, Sample, TalkToServer } from "./service";

const must = { points: [], once: 1 };

export const mistakes: unknown[] = [
  { x: 1 } satisfies Point, // wrong
  { x: "1", y: 1 } satisfies Point, // wrong
  { x: 1, y: 1, z: 1 } satisfies Point, // wrong
  { ...must, colour: "blue" } satisfies Sample, // wrong
  { ...must, style: ["thin"] } satisfies Sample, // wrong
  { ...must, text: null } satisfies Sample, // wrong
  { ...must, pair: [1, "a"] } satisfies Sample, // wrong
  { ...must, "fixed-points": [1] } satisfies Sample, // wrong
  { once: 1 } satisfies Sample, // wrong
  { type: "fly" } satisfies BoardToServer, // wrong
  { type: "move", x: 1 } satisfies BoardToServer, // wrong
  { type: "paint", n: 1, tree: { twigs: [1] } } satisfies TalkToServer, // wrong
  { jsonrpc: "2.0", id: 1, method: "fly" } satisfies DeskToServer, // wrong
  { jsonrpc: "2.0", id: 1, method: "move", params: { x: 1 } } satisfies DeskToServer, // wrong
  { jsonrpc: "2.0", id: 1, result: 7 } satisfies DeskToServer, // wrong
  { x: 1, y: 1 } satisfies DeskMethods["move"]["result"], // wrong
  "7" satisfies DeskMethods["count"]["result"], // wrong
  "board.v3" satisfies Channels["/v1/board/{game}/{rest}"]["subprotocol"], // wrong
];

export function take(message: BoardToClient): string {
  return message.type === "stopped" ? message.label : ""; // wrong
}
