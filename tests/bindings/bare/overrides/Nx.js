/* exported _init */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Adds nothing. GJS takes the first file of this name, so none that may be installed.
function _init() {
}
