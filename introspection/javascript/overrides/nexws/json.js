/* exported parseJson, toJson */
// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON, both ways, where JSON.stringify() and JSON.parse() would say nothing of what is lost: a number that is none becomes null there, and one
// that is too large becomes Infinity.
const {InvalidData} = imports.overrides.nexws.errors;
const {cut, kindOf} = imports.overrides.nexws.words;

// Without one of these no number of a text is beyond what a double holds: an exponent below 100 is too large only behind 209 digits. Digits
// are looked through once, wherever they begin.
const MAY_BE_TOO_LARGE = /[eE]\+?\d{3}|(?<!\d)\d{209}/;
// How many levels may be nested. JSON.parse() has no limit, and whoever walks over what it makes would have no stack left.
const MAX_DEPTH = 1000;

/**
 * Walks over what JSON.stringify() does.
 *
 * @param {any} value - what may have no JSON
 * @param {string} path - where it is
 * @param {object[]} above - in what it is
 * @returns {string?} where something in it has none, and what that is
 */
function findMisfit(value, path = 'value', above = []) {
    if (typeof value?.toJSON === 'function')
        value = value.toJSON();
    if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
        return `${path} is ${kindOf(value)}`;
    if (typeof value !== 'object' || value === null)
        return null;
    if (above.includes(value))
        return `${path} is an object that it is in itself`;
    const isArray = Array.isArray(value);
    for (const [name, member] of Object.entries(value)) {
        const misfit = findMisfit(member, isArray ? `${path}[${name}]` : `${path}.${name}`, [...above, value]);
        if (misfit !== null)
            return misfit;
    }
    return null;
}

/**
 * @param {any} value - a plain object, an array, a string, a number, true, false or null
 * @param {string} where - whose mistake it is if it has no JSON
 * @returns {string} it as JSON
 */
function toJson(value, where) {
    let text;
    let cause = null;
    try {
        text = JSON.stringify(value);
    } catch (error) {
        cause = error;
    }
    // A number that is none has become null by now.
    const misfit = cause !== null || text?.includes('null') ? findMisfit(value) : null;
    if (misfit !== null)
        throw new TypeError(`${where}(value): ${misfit}, which has no JSON`);
    if (cause !== null)
        throw cause;
    if (text === undefined)
        throw new TypeError(`${where}(value): ${kindOf(value)} has no JSON; a plain object, an array, a string, a number, true, false or null has`);
    return text;
}

function hasInfinite(value) {
    if (typeof value === 'object' && value !== null)
        return Object.values(value).some(hasInfinite);
    return value === Infinity || value === -Infinity;
}

function isHolder(value) {
    return typeof value === 'object' && value !== null;
}

/** Nearly all have fewer brackets than there may be levels. */
function mayBeTooDeep(text) {
    let n = 0;
    for (const bracket of '[{') {
        for (let i = text.indexOf(bracket); i >= 0; i = text.indexOf(bracket, i + 1)) {
            if (++n > MAX_DEPTH)
                return true;
        }
    }
    return false;
}

function isTooDeep(value) {
    let level = [value].filter(isHolder);
    for (let depth = 0; level.length > 0; depth++) {
        if (depth === MAX_DEPTH)
            return true;
        level = level.flatMap(one => Object.values(one).filter(isHolder));
    }
    return false;
}

/**
 * @param {string} text - what came
 * @returns {any} it as a value
 */
function parseJson(text) {
    let value;
    try {
        value = JSON.parse(text);
    } catch (error) {
        throw new InvalidData(`A message that is no JSON came: ${error.message}`);
    }
    if (mayBeTooDeep(text) && isTooDeep(value))
        throw new InvalidData(`A message that is nested too deep came: ${MAX_DEPTH} levels are allowed`);
    if (MAY_BE_TOO_LARGE.test(text) && hasInfinite(value))
        throw new InvalidData(`A message with a number that is too large came: ${cut(text)}`);
    return value;
}
