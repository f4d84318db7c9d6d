// SPDX-License-Identifier: LGPL-2.1-or-later
// Each line that says so has a mistake that the generated types are to find.
import { BoardToClient, BoardToServer, Channels, Point, Sample } from "./service";

const must = { points: [], "fixed-points": [], once: 1 };

export const mistakes: unknown[] = [
  { x: 1 } satisfies Point, // wrong
  { x: "1", y: 1 } satisfies Point, // wrong
  { x: 1, y: 1, z: 1 } satisfies Point, // wrong
  { ...must, colour: "blue" } satisfies Sample, // wrong
  { ...must, style: ["thin"] } satisfies Sample, // wrong
  { ...must, text: null } satisfies Sample, // wrong
  { ...must, pair: [1, "a"] } satisfies Sample, // wrong
  { type: "fly" } satisfies BoardToServer, // wrong
  { type: "move", x: 1 } satisfies BoardToServer, // wrong
  "board.v3" satisfies Channels["/v1/board/{game}/{rest}"]["subprotocol"], // wrong
];

export function take(message: BoardToClient): string {
  return message.type === "stopped" ? message.label : ""; // wrong
}
