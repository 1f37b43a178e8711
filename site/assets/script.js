// The script of every page; each is complete without it. It builds elements,
// never markup, so text stays text. Lines of comment are not served.
'use strict';
const root = document.documentElement;
const $ = (s, e = document) => e.querySelector(s);
const $$ = (s, e = document) => [...e.querySelectorAll(s)];
const memo = {
  // Storage can be forbidden.
  get: k => { try { return localStorage.getItem('stalewatch-' + k) } catch { } },
  set: (k, v) => { try { localStorage.setItem('stalewatch-' + k, v) } catch { } },
};
const make = (tag, props = {}, ...kids) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...kids);
  return e;
};
const title = s => s[0].toUpperCase() + s.slice(1);
const number = new Intl.NumberFormat('en-US').format;
const button = (textContent, onclick, props) => make('button', { type: 'button', textContent, onclick, ...props });
const modified = e => e.ctrlKey || e.metaKey || e.shiftKey;
async function load(url) {
  const r = await fetch(url);
  if (!r.ok) throw new Error(`${url} answers ${r.status}`);
  return r;
}

root.classList.add('js');
// A filtered link shows nothing unfiltered first.
if (location.search) root.classList.add('wait');
const themes = ['system', 'light', 'dark'];
let theme = memo.get('theme') || 'system';
const paint = () => {
  if (theme == 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
};
paint();
addEventListener('DOMContentLoaded', () => {
  common();
  mine();
  if ($('#compare')) compare($('#compare'));
  if ($('#app')) table($('#app'));
  else root.classList.remove('wait');
});

let saying;
function say(text) {
  $('#say').textContent = text;
  clearTimeout(saying);
  saying = setTimeout(say, 4000, '');
}

async function copy(text, fallback) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    if (fallback) fallback(); // without a secure context
  }
}

function common() {
  const theming = $('#theme'), keys = $('#keys'), on = $('#keys-on');
  const name = () => { theming.textContent = 'Theme: ' + theme };
  name();
  theming.onclick = () => {
    theme = themes[(themes.indexOf(theme) + 1) % 3];
    memo.set('theme', theme);
    paint();
    name();
  };
  for (const b of $$('[data-copy]')) {
    const source = document.getElementById(b.dataset.copy);
    b.onclick = () => copy(source.textContent, () => getSelection().selectAllChildren(source) || say('Press Ctrl+C to copy'));
  }
  for (const b of $$('[data-fetch]')) b.onclick = async () => {
    const open = () => { location.href = b.dataset.fetch };
    try {
      await copy(await (await load(b.dataset.fetch)).text(), open);
    } catch {
      open();
    }
  };
  on.checked = memo.get('keys') != 'off';
  on.onchange = () => memo.set('keys', on.checked ? 'on' : 'off');
  $('#help').onclick = () => keys.showModal();
  addEventListener('keydown', e => {
    if (!on.checked || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input,textarea,select,dialog')) return;
    if (e.key == '?') keys.showModal();
    else if (e.key == 'j' || e.key == 'k') step(e.key == 'j' ? 1 : -1);
    else if (e.key != '/') return;
    else if ($('#q')) $('#q').focus();
    else location.href = $('header nav a:nth-child(2)').href + '#q';
    e.preventDefault();
  });
}

function step(way) {
  const all = $$('.repos th[scope=row] a:first-child, .work li > a, .names li > a'), at = all.indexOf(document.activeElement);
  all[Math.max(0, Math.min(all.length - 1, at + way))]?.focus();
}

// The owner that the overview offers first.
function mine() {
  const own = $('#own'), place = $('#mine'), kept = (memo.get('mine') || '').split('\n');
  if (place && kept[1]) {
    place.append('Yours: ', make('a', { href: place.dataset.root + kept[0], textContent: kept[1] }));
    place.hidden = false;
  }
  if (!own) return;
  const { home, owner } = own.dataset;
  const show = is => {
    own.ariaPressed = is;
    own.textContent = is ? 'Mine' : 'This is mine';
  };
  show(kept[0] == home);
  own.onclick = () => {
    const now = own.ariaPressed != 'true';
    memo.set('mine', now ? home + '\n' + owner : '');
    show(now);
    say(now ? 'Kept in this browser' : 'Forgotten');
  };
}

// What happened between any two days that the history has.
async function compare(form) {
  const { from, to } = form, out = $('#compared'), data = form.dataset.root + 'data/v1/';
  const runs = (await (await load(data + 'history.json')).json()).runs;
  const day = r => r.asOf.slice(0, 10);
  for (const select of [from, to]) {
    select.append(...runs.toReversed().map(r => make('option', { textContent: day(r), value: day(r) })));
    select.disabled = false;
  }
  const asked = new URLSearchParams(location.search), known = d => runs.some(r => day(r) == d);
  to.value = known(asked.get('to')) ? asked.get('to') : day(runs.at(-1));
  from.value = known(asked.get('from')) ? asked.get('from') : day(runs.at(-2) || runs[0]);
  const draw = async () => {
    const [a, b] = [from.value, to.value].sort().map(d => runs.findLast(r => day(r) == d));
    const head = make('tr', {}, ...['Status', day(a), day(b), 'Change'].map((textContent, i) => make('th', { scope: 'col', textContent, className: i ? 'n' : '' })));
    const line = (name, x, y) => make('tr', {}, make('th', { scope: 'row', textContent: name }),
      ...[number(x), number(y), (y > x ? '+' : y < x ? '−' : '±') + number(Math.abs(y - x))].map(textContent => make('td', { textContent, className: 'n' })));
    const lines = Object.keys(b.counts).map(s => line(title(s), a.counts[s], b.counts[s]));
    const parts = [make('h2', { textContent: `From ${day(a)} to ${day(b)}` }),
      make('table', { className: 'plain' }, make('thead', {}, head), make('tbody', {}, ...lines, line('All', a.total, b.total)))];
    const { events } = await (await load(data + 'changes.json')).json();
    const between = events.filter(e => e.date > a.asOf && e.date <= b.asOf && (e.nameWithOwner ??= e.package)), kinds = {};
    for (const e of between) (kinds[e.type == 'status' ? `${e.from} → ${e.to}` : e.type.replace('-', ' ')] ??= []).push(e.nameWithOwner);
    for (const [kind, names] of Object.entries(kinds).sort((x, y) => y[1].length - x[1].length)) {
      parts.push(make('h3', { textContent: `${kind} · ${number(names.length)}` }), make('p', { textContent: names.slice(0, 200).join(', ') }));
    }
    if (a.ruleVersion != b.ruleVersion) parts.push(make('p', { textContent: 'The rules changed in between.' }));
    out.replaceChildren(...parts);
  };
  form.onsubmit = e => {
    e.preventDefault();
    history.replaceState(null, '', `?from=${from.value}&to=${to.value}`);
    draw();
  };
  if (asked.has('from')) draw();
}
