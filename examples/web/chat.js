// SPDX-License-Identifier: LGPL-2.1-or-later
// The page: shows what the connection tells, and says what is typed. Whatever people write goes into text nodes only.
import {Connection} from './connection.js';

const MAX_SHOWN = 500; // lines in the log
const MAX_HISTORY = 50; // what a server sends at most
const MAX_TEXT = 2000;
const MAX_RECENT = 6; // rooms
const TYPING_TIME = 5000; // milliseconds
const NEAR_BOTTOM = 80; // pixels
const N_HUES = 8;

const $ = id => document.getElementById(id);
const roomPattern = /^[\p{L}\p{N}\p{M}_-]{1,32}$/u;
const timeFormat = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'});
const dayFormat = new Intl.DateTimeFormat(undefined, {weekday: 'long', day: 'numeric', month: 'long'});
const states = {connecting: 'Connecting…', connected: 'Connected', waiting: 'Reconnecting…', over: ''};

let connection = null;
let room = '';
let me = '';
let n_unread = 0;
const members = new Set();
const typing = new Map(); // name -> timer
const shown = new Map(); // id -> element, of what the server has sent
const waiting = new Map(); // id -> element, of what it has not
const drafts = new Map(); // room -> what is being written there
let lastDay = '';
let lastHead = ''; // who said the last line, and when

// -- Small helpers --

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children); // strings become text nodes
  return element;
}

// A browser may forbid to store anything, or have no room for it: then the page does without.
function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {}
}

function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

// The same colour for the same name, in every browser.
function hueOf(name) {
  let hash = 0;
  for (const character of name)
    hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return `hue-${hash % N_HUES}`;
}

// What no server takes: control characters, and halves of characters.
function clean(text) {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])\p{Cc}/gu, '').replace(/\p{Cs}/gu, '\ufffd').trimEnd();
}

function roomOfAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

// -- The log --

function isAtBottom() {
  const log = $('log');
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_BOTTOM;
}

function scrollToBottom() {
  $('log').scrollTop = $('log').scrollHeight;
  $('newer').hidden = true;
}

// What waits to be sent stays below everything that was.
function append(element, isWaiting = false) {
  const log = $('log');
  const wasAtBottom = isAtBottom();
  const firstWaiting = isWaiting ? null : log.querySelector('.waiting');
  log.insertBefore(element, firstWaiting);
  while (log.children.length > MAX_SHOWN)
    log.firstElementChild.remove();
  if (wasAtBottom || isWaiting)
    scrollToBottom();
  else
    $('newer').hidden = false;
}

function note(text, className = 'note') {
  lastHead = '';
  append(make('p', className, text));
}

function noteDay(time) {
  const day = dayFormat.format(time);
  if (day === lastDay)
    return;
  lastDay = day;
  note(day, 'day');
}

// Addresses become links; everything else stays text.
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,:;!?)\]}'])/).map((part, index) => {
    if (index % 2 === 0)
      return part;
    const link = make('a', '', part);
    link.href = part;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    return link;
  });
}

function makeBubble(name, text, time) {
  const isMine = name === me;
  const speaker = make('bdi', `speaker ${hueOf(name)}`, isMine ? 'You' : name);
  const when = make('time', 'when', timeFormat.format(time));
  const words = make('div', 'words', ...linked(text));
  const bubble = make('article', 'bubble', make('p', 'head', speaker, ' ', when), words);
  when.dateTime = new Date(time).toISOString();
  when.title = new Date(time).toLocaleString();
  words.dir = 'auto';
  bubble.classList.toggle('mine', isMine);
  return bubble;
}

function showSaid({id, name, text, time}) {
  noteDay(time);
  const bubble = makeBubble(name, text, time);
  const head = bubble.querySelector('.head').textContent;
  bubble.classList.toggle('more', head === lastHead);
  lastHead = head;
  shown.set(id, bubble);
  if (shown.size > MAX_SHOWN)
    shown.delete(shown.keys().next().value);
  append(bubble);
}

function showWaiting({id, text}) {
  const bubble = makeBubble(me, text, Date.now());
  bubble.classList.add('waiting');
  bubble.querySelector('.when').textContent = 'not sent yet';
  waiting.set(id, bubble);
  append(bubble, true);
}

function dropWaiting(id) {
  waiting.get(id)?.remove();
  waiting.delete(id);
}

// After an interruption only what is new is shown. When nothing of what was shown is in a full history, something may lie
// between the two.
function showHistory(history) {
  const fresh = history.filter(said => !shown.has(said.id));
  if (shown.size > 0 && fresh.length === history.length && history.length >= MAX_HISTORY)
    note('Something may be missing here.');
  $('log').setAttribute('aria-busy', 'true'); // nobody wants all of it read out
  fresh.forEach(showSaid);
  $('log').setAttribute('aria-busy', 'false');
}

// -- Who is here --

function showMembers() {
  const names = [...members].sort((a, b) => a.localeCompare(b));
  $('count').textContent = names.length;
  $('members').replaceChildren(...names.map(name => {
    const initial = make('span', `initial ${hueOf(name)}`, [...name][0].toUpperCase());
    initial.setAttribute('aria-hidden', 'true');
    const item = make('li', '', initial, make('bdi', 'member', name));
    if (name === me)
      item.append(make('span', 'hint', ' (you)'));
    return item;
  }));
}

function showTyping() {
  const names = [...typing.keys()];
  const isOne = names.length === 1;
  const who = names.length > 3 ? ['Several people'] : names.flatMap((name, index) => {
    const between = index === 0 ? '' : index === names.length - 1 ? ' and ' : ', ';
    return [between, make('bdi', '', name)];
  });
  $('typing').replaceChildren(...(names.length > 0 ? [...who, isOne ? ' is typing…' : ' are typing…'] : []));
}

function stopTyping(name) {
  clearTimeout(typing.get(name));
  if (typing.delete(name))
    showTyping();
}

function stopAllTyping() {
  for (const name of [...typing.keys()])
    stopTyping(name);
}

// -- What the connection tells --

const handlers = {
  state(state) {
    $('state').textContent = states[state];
    $('state').dataset.state = state;
    $('retry').hidden = state !== 'waiting';
    if (state === 'waiting')
      stopAllTyping();
  },

  welcome(message) {
    me = message.name;
    for (const id of [...waiting.keys()])
      dropWaiting(id);
    members.clear();
    message.members.forEach(name => members.add(name));
    showMembers();
    showHistory(message.history);
    connection.unsaid.forEach(showWaiting);
    remember('name', me);
    rememberRoom();
  },

  joined({name}) {
    members.add(name);
    showMembers();
    note(`${isolate(name)} came in`);
  },

  left({name}) {
    members.delete(name);
    stopTyping(name);
    showMembers();
    note(`${isolate(name)} left`);
  },

  gap() {
    note('Something is missing here.');
  },

  said(said) {
    dropWaiting(said.id);
    stopTyping(said.name);
    showSaid(said);
    if (document.hidden)
      n_unread++;
    showTitle();
  },

  typing({name}) {
    clearTimeout(typing.get(name));
    typing.set(name, setTimeout(stopTyping, TYPING_TIME, name));
    showTyping();
  },

  unsent({id, text}) {
    dropWaiting(id);
    note(`This could not be sent: ${text}`, 'note problem');
  },

  error({code, text}) {
    if (code === 'name-invalid' || code === 'name-taken')
      showEntry(text, $('name'));
    else
      note(text, 'note problem');
  },

  end(why) {
    if (why === 'no-room')
      showEntry('A room is named with letters, digits, - and _.', $('room'));
    else
      showEntry('You came in by another window, and the chat goes on there.');
  },
};

// A name written from right to left must not turn the words around it.
function isolate(name) {
  return `\u2068${name}\u2069`;
}

function showTitle() {
  if (!document.hidden)
    n_unread = 0;
  document.title = `${n_unread > 0 ? `(${n_unread}) ` : ''}${connection ? `${room} – ` : ''}nexws chat`;
}

// -- Coming in and going --

function rememberRoom() {
  remember('recent', [room, ...recall('recent', []).filter(other => other !== room)].slice(0, MAX_RECENT));
}

function showRecent() {
  const recent = recall('recent', []);
  $('recent').hidden = recent.length === 0;
  $('recent-list').replaceChildren(...recent.map(name => {
    const link = make('a', 'chip', name);
    link.href = `#${encodeURIComponent(name)}`;
    return make('li', '', link);
  }));
}

function showEntry(problem = '', field = null) {
  connection?.end();
  connection = null;
  $('chat').hidden = true;
  $('entry').hidden = false;
  $('name').value = me || recall('name', '');
  $('room').value = roomOfAddress() || room || 'lobby';
  showRecent();
  showTitle();
  for (const one of [$('name'), $('room')])
    one.setAttribute('aria-invalid', one === field);
  $('entry-problem').textContent = problem;
  (field ?? ($('name').value ? $('room') : $('name'))).focus();
}

function clearChat() {
  stopAllTyping();
  members.clear();
  shown.clear();
  waiting.clear();
  lastDay = lastHead = '';
  $('log').replaceChildren();
  $('newer').hidden = true;
  showMembers();
}

function enter(newRoom, name) {
  connection?.end();
  room = newRoom;
  me = name;
  clearChat();
  $('entry').hidden = true;
  $('chat').hidden = false;
  $('title').textContent = `#${room}`;
  $('people').open = matchMedia('(min-width: 45rem)').matches;
  $('text').value = drafts.get(room) ?? '';
  fitText();
  connection = new Connection(room, name);
  for (const [type, handler] of Object.entries(handlers))
    connection.addEventListener(type, event => handler(event.detail));
  connection.unsaid.forEach(showWaiting);
  connection.start();
  showTitle();
  $('text').focus();
}

function submitEntry(event) {
  event.preventDefault();
  const name = $('name').value.trim();
  const newRoom = $('room').value.trim().replace(/^#/, '').replace(/\s+/g, '-');
  if (!name) {
    showEntry('Please say who you are.', $('name'));
    return;
  }
  me = name;
  if (!roomPattern.test(newRoom)) {
    showEntryAt(newRoom);
    return;
  }
  history.pushState(null, '', `#${encodeURIComponent(newRoom)}`);
  enter(newRoom, name);
}

// The field keeps what was typed, so that it can be mended.
function showEntryAt(typed) {
  showEntry('A room is named with letters, digits, - and _, at most 32 of them.', $('room'));
  $('room').value = typed;
}

// The address names the room: a link leads there, and so do the browser's buttons.
function followAddress() {
  const wanted = roomOfAddress();
  const name = me || recall('name', '');
  if (connection && wanted === room)
    return;
  if (roomPattern.test(wanted) && name)
    enter(wanted, name);
  else
    showEntry();
}

function leave() {
  history.pushState(null, '', location.pathname);
  showEntry();
}

// -- Writing --

// As high as what is in it, within the limits of the style sheet.
function fitText() {
  const text = $('text');
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
  const remaining = MAX_TEXT - text.value.length;
  $('remaining').textContent = remaining < 200 ? `${remaining} characters left` : '';
}

function typed() {
  fitText();
  drafts.set(room, $('text').value);
  if ($('text').value.trim())
    connection.noteTyping();
}

function send() {
  const text = clean($('text').value);
  if (!text.trim())
    return;
  showWaiting(connection.say(text));
  $('text').value = '';
  drafts.delete(room);
  fitText();
}

function pressed(event) {
  // While a word is composed (Chinese, Japanese, …), Enter belongs to that.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
    return;
  event.preventDefault();
  send();
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    note('The link to this room is copied: send it to whom you want here.');
  } catch {
    note(`The link to this room: ${location.href}`);
  }
}

// -- All together --

$('entry-form').addEventListener('submit', submitEntry);
$('say').addEventListener('submit', event => {
  event.preventDefault();
  send();
  $('text').focus();
});
$('text').addEventListener('keydown', pressed);
$('text').addEventListener('input', typed);
$('skip').addEventListener('click', event => {
  event.preventDefault(); // the address names the room
  $('text').focus();
});
$('retry').addEventListener('click', () => connection.retry());
$('leave').addEventListener('click', leave);
$('copy').addEventListener('click', copyLink);
$('newer').addEventListener('click', () => {
  scrollToBottom();
  $('text').focus();
});
$('log').addEventListener('scroll', () => {
  if (isAtBottom())
    $('newer').hidden = true;
});
addEventListener('resize', () => fitText());
addEventListener('hashchange', followAddress);
addEventListener('popstate', followAddress);
document.addEventListener('visibilitychange', showTitle);
followAddress();
