// SPDX-License-Identifier: LGPL-2.1-or-later
// What people may call themselves and each other, rooms, and what they say.
import GLib from 'gi://GLib';

const MAX_NAME = 24;
const MAX_ROOM = 32;
const MAX_TEXT = 2000;
const MAX_TOKEN = 64;

/** What somebody did wrong, for that person. */
export class Mistake extends Error {
    constructor(code, text) {
        super(text);
        this.code = code;
    }
}

/** The name as others see it: without white space at its ends, and one space for any inside; no characters that cannot be seen. */
export function toName(text) {
    const name = text.trim().replace(/\s+/gu, ' ');
    if (name === '' || [...name].length > MAX_NAME || /[\p{C}]/u.test(name))
        throw new Mistake('name-invalid', `A name has 1 to ${MAX_NAME} visible characters.`);
    return name;
}

/** Two names, or two rooms, are the same when this is. */
export function fold(words) {
    return GLib.utf8_casefold(words.normalize('NFKC'), -1);
}

/** A room is a part of an address, and should look well there. */
export function isRoom(room) {
    return /^[\p{L}\p{N}\p{M}_-]+$/u.test(room) && [...room].length <= MAX_ROOM;
}

/** Something to read, of more than white space; of the control characters only tabs and new lines. */
export function isText(text) {
    return text.trim() !== '' && [...text].length <= MAX_TEXT && !/(?![\t\n])\p{Cc}/u.test(text);
}

/** What a page makes up: the id of what it says, and its key to a name. */
export function isToken(token) {
    return typeof token === 'string' && /^[\w-]+$/.test(token) && token.length <= MAX_TOKEN;
}
