// One script for every page. Pages are complete without it: it adds the theme,
// copying, keys, and a table that searches, filters and sorts. It builds
// elements, never markup, so text stays text.
(() => {
'use strict';
const root = document.documentElement;
const $ = (s, e = document) => e.querySelector(s);
const $$ = (s, e = document) => [...e.querySelectorAll(s)];
// Storage can be forbidden; then choices last as long as the page.
const memo = {
  get: k => { try { return localStorage.getItem('stalewatch-' + k) } catch { return null } },
  set: (k, v) => { try { localStorage.setItem('stalewatch-' + k, v) } catch { /* forbidden */ } },
};
const make = (tag, props = {}, ...kids) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...kids);
  return e;
};

root.classList.add('js');
const themes = ['system', 'light', 'dark'];
let theme = memo.get('theme') || 'system';
const paint = () => {
  if (theme == 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
};
paint();
addEventListener('DOMContentLoaded', () => {
common();
if ($('#app')) table($('#app'));
});

let saying;
function say(text) {
  $('#say').textContent = text;
  clearTimeout(saying);
  saying = setTimeout(say, 4000, '');
}

async function copy(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    say('Copied');
  } catch {
    // Without a secure context the text is selected, to be copied by hand.
    if (source) getSelection().selectAllChildren(source);
    say('Press Ctrl+C to copy');
  }
}

function common() {
  const button = $('#theme'), keys = $('#keys'), on = $('#keys-on');
  const name = () => { button.textContent = 'Theme: ' + theme };
  name();
  button.onclick = () => {
    theme = themes[(themes.indexOf(theme) + 1) % 3];
    memo.set('theme', theme);
    paint();
    name();
  };
  for (const b of $$('[data-copy]')) {
    const source = document.getElementById(b.dataset.copy);
    b.onclick = () => copy(source.textContent, source);
  }
  on.checked = memo.get('keys') != 'off';
  on.onchange = () => memo.set('keys', on.checked ? 'on' : 'off');
  $('#help').onclick = () => keys.showModal();
  addEventListener('keydown', e => {
    if (!on.checked || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input,textarea,select,dialog')) return;
    if (e.key == '?') keys.showModal();
    else if (e.key != '/') return;
    else if ($('#q')) $('#q').focus();
    else location.href = $('header nav a:nth-child(2)').href + '#q';
    e.preventDefault();
  });
}

// The table. The URL's query is its only state: q, sort, page, all, and one
// parameter for each facet value; a leading "-" excludes the value.
function table(app) {
  const home = new URL(app.dataset.root + 'repos/', location);
  const own = app.dataset.state, order = app.dataset.order;
  const facets = ['status', 'lang', 'owner', 'topic', 'license', 'is'];
  const nouns = { lang: 'language', is: 'kind' };
  const ranks = { dormant: 0, stale: 1, unknown: 2, aging: 3, active: 4, fresh: 5, empty: 7, archived: 8 };
  const full = 5000, size = 200;
  const body = $('#rows tbody'), shown = $('#shown'), picked = $('#picked'), q = $('#q');
  const number = n => n.toLocaleString('en-US');
  const day = n => n < 0 ? '' : new Date(n * 864e5).toISOString().slice(0, 10);
  const button = (textContent, onclick, props) => make('button', { type: 'button', textContent, onclick, ...props });
  let rows, view = [];
  const state = () => {
    if (location.search) return new URLSearchParams(location.search);
    const s = new URLSearchParams();
    if (own) s.set(own.slice(0, own.indexOf('=')), own.slice(own.indexOf('=') + 1));
    if (order) s.set('sort', order);
    return s;
  };

  async function load() {
    if (rows) return;
    const r = await fetch(app.dataset.index);
    if (!r.ok) throw new Error(r.status);
    const d = await r.json();
    const word = (list, n) => n ? list[n - 1] : '';
    let name = '';
    rows = d.name.map((rest, i) => {
      name = name.slice(0, parseInt(rest[0], 36)) + rest.slice(1);
      const org = d.orgs[d.org ? d.org[i] : 0], full = org + '/' + name, age = d.age[i] - 1;
      const owner = d.owner[i].map(n => word(d.owners, n)), topic = d.topic[i].map(n => word(d.topics, n));
      const row = {
        i, age, full, name: d.full ? full : name, href: d.flag[i] >> d.flags.length ? d.url + full : app.dataset.root + (d.paths[i] || `r/${full.toLowerCase()}/`),
        status: [d.statuses[d.status[i]]], since: d.asOf - d.since[i],
        human: d.human[i] < -9e5 ? -1 : d.asOf - Math.max(0, age) - d.human[i], bot: d.bot[i] ? d.asOf - d.bot[i] + 1 : -1,
        lang: [word(d.langs, d.lang[i])], stars: d.stars[i], own: owner, owner: owner[0] ? owner : ['nobody'], topic,
        license: [word(d.licenses, d.license[i])], is: d.flags.filter((_, b) => d.flag[i] >> b & 1),
      };
      const s = row.status[0];
      row.rank = row.is.includes('exempt') ? Math.max(6, ranks[s]) : ranks[s];
      row.text = [full, row.lang[0], ...owner, ...topic].join(' ').toLowerCase();
      return row;
    });
  }

  // The first click on a date or number shows the worst, or the most, first;
  // what has no value comes last either way.
  const text = (a, b) => a < b ? -1 : a > b ? 1 : 0;
  const columns = {
    '': [r => r.rank, 1, r => r.stars], name: [r => r.full.toLowerCase(), 1], since: [r => r.since, 1], human: [r => r.human, 1],
    age: [r => r.age, -1], bot: [r => r.bot, 1], lang: [r => r.lang[0].toLowerCase(), 1], stars: [r => r.stars, -1], owner: [r => (r.own[0] || '').toLowerCase(), 1],
  };
  function sorted(list, key, back) {
    const [value, way, then] = columns[key];
    const none = v => v === -1 || v === '';
    return list.sort((a, b) => {
      const x = value(a), y = value(b);
      return none(x) - none(y) || back * way * text(x, y) || (then ? then(b) - then(a) : 0) || a.i - b.i;
    });
  }

  // A facet's wanted values are alternatives, its excluded ones all apply.
  function filter(s, without) {
    const terms = (s.get('q') || '').toLowerCase().split(' ');
    const active = facets.filter(f => f != without && s.has(f)).map(f => {
      const not = s.getAll(f).filter(v => v[0] == '-'), want = s.getAll(f).filter(v => v[0] != '-');
      return r => (!want[0] || want.some(v => r[f].includes(v))) && !not.some(v => r[f].includes(v.slice(1)));
    });
    return rows.filter(r => terms.every(t => r.text.includes(t)) && active.every(fits => fits(r)));
  }

  const cell = (t, c) => make('td', { textContent: t, className: c || '' });
  const years = n => n < 0 ? '–' : n < 61 ? n + '\u00a0d' : n < 365 ? Math.floor(n / 30.436875) + '\u00a0mo' : (Math.floor((4 * n + 3) * 10 / 1461) / 10).toFixed(1) + '\u00a0y';
  const title = s => s[0].toUpperCase() + s.slice(1);
  function line(r) {
    const head = make('th', { scope: 'row' }, make('a', { href: r.href, textContent: r.name }));
    if (r.is.includes('exempt')) head.append(' ', make('i', { textContent: 'exempt' }));
    return make('tr', {}, head,
      make('td', {}, make('span', { className: 's ' + r.status, textContent: title(r.status[0]) })),
      cell(day(r.since)), cell(day(r.human) || '–'), cell(years(r.age), 'n'), cell(day(r.bot)),
      cell(r.lang[0]), cell(number(r.stars), 'n'), cell((r.own[0] || '') + (r.own[1] ? ' +' + (r.own.length - 1) : '')));
  }

  function go(change, replace) {
    const s = state(), u = new URL(home);
    s.delete('page');
    s.delete('all');
    change(s);
    u.search = s;
    if (location.pathname != home.pathname) { location.href = u; return }
    history[replace ? 'replaceState' : 'pushState'](null, '', u);
    draw();
  }
  // Sets a facet's value, wanted or excluded; what was set before goes.
  function toggle(f, v, now) {
    go(s => {
      const before = s.getAll(f);
      s.delete(f);
      for (const b of before) if (b.replace(/^-/, '') != v) s.append(f, b);
      if (now && !before.includes(now)) s.append(f, now);
    });
  }

  async function draw() {
    const s = state(), [, minus, asked] = /^(-?)(.*)/.exec(s.get('sort') || ''), key = Object.hasOwn(columns, asked) ? asked : '', back = minus ? -1 : 1;
    q.value = s.get('q') || '';
    try {
      await load();
    } catch (e) {
      shown.textContent = `Searching needs ${app.dataset.index}, which could not be loaded: ${e.message}`;
      return;
    }
    view = sorted(filter(s), key, back);
    const n = view.length, all = s.has('all') && n <= full, step = all ? full : size, pages = Math.max(1, Math.ceil(n / step));
    const page = Math.min(pages, Math.max(1, s.get('page') | 0)), from = (page - 1) * step, part = view.slice(from, from + step);
    const picks = facets.flatMap(f => s.getAll(f).map(v => [f, v.replace(/^-/, ''), (v[0] == '-' ? 'not ' : '') + (nouns[f] || f) + ' ' + v.replace(/^-/, '')]));
    const words = picks.map(p => p[2]);
    if (q.value) words.push(`with “${q.value}”`);
    let by = 'what needs attention first';
    for (const th of $$('th[data-k]')) {
      th.removeAttribute('aria-sort');
      if (th.dataset.k != key) continue;
      th.ariaSort = !key ? 'other' : columns[key][1] * back > 0 ? 'ascending' : 'descending';
      if (key) by = `by ${th.textContent.toLowerCase()}, ${th.ariaSort}`;
    }
    shown.textContent = `${number(n)} of ${number(rows.length)} repositories${words.length ? ': ' + words.join(', ') : ''}; ${by}.` + (pages > 1 ? ` Rows ${number(from + 1)} to ${number(from + part.length)}.` : '');
    picked.replaceChildren(...picks.map(([f, v, t]) => button(t + ' ×', () => toggle(f, v), { ariaLabel: 'Remove the filter ' + t })));
    if (words.length) picked.append(make('a', { href: home, textContent: 'Show all' }));
    $('#pager')?.remove();
    $('#none')?.remove();
    if (body) {
      body.replaceChildren(...part.map(line));
      body.parentNode.hidden = !n;
    }
    const nav = make('nav', { id: 'pager', className: 'pager', ariaLabel: 'Pages' });
    const link = (t, k, v) => nav.append(button(t, () => { go(s => k && s.set(k, v)); app.scrollIntoView() }));
    if (!n) app.append(make('p', { id: 'none', className: 'none', textContent: `Nothing fits. All ${number(rows.length)} repositories were searched by name, topic, language and owner.` }));
    if (page > 1) link('Previous', 'page', page - 1);
    if (page < pages) link('Next', 'page', page + 1);
    if (all && n > size) link('Show pages');
    else if (pages > 1 && n <= full) link('Show all', 'all', 1);
    if (nav.firstChild) app.append(nav);
    // Each count says how many rows a click would leave.
    for (const f of facets) {
      const tally = {}, on = s.getAll(f);
      for (const r of filter(s, f)) for (const v of r[f]) tally[v] = (tally[v] || 0) + 1;
      for (const a of $$(`[data-f=${f}]`)) {
        const v = a.dataset.v, li = a.parentNode;
        a.ariaCurrent = on.includes(v) ? 'true' : null;
        $('.not', li).ariaPressed = on.includes('-' + v);
        $('span', li).textContent = number(tally[v] || 0);
        li.closest('details').firstChild.className = on.length ? 'on' : '';
      }
    }
  }

  for (const th of $$('th[data-k]')) {
    const k = th.dataset.k;
    th.replaceChildren(button(th.textContent, () => go(s => !k ? s.delete('sort') : s.set('sort', s.get('sort') == k ? '-' + k : k))));
  }
  for (const a of $$('[data-f]')) {
    const { f, v } = a.dataset;
    a.onclick = e => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      toggle(f, v, v);
    };
    a.after(button('−', () => toggle(f, v, '-' + v), { className: 'not', ariaLabel: 'Exclude ' + a.textContent, ariaPressed: 'false' }));
  }
  // A click elsewhere and Escape close the open filter.
  const shut = e => {
    const d = $('.filters [open]');
    if (!d || (e.key ? e.key != 'Escape' : d.contains(e.target))) return;
    d.open = false;
    if (e.key) d.firstChild.focus();
  };
  addEventListener('click', shut);
  addEventListener('keydown', shut);
  const search = replace => go(s => q.value ? s.set('q', q.value) : s.delete('q'), replace);
  let typing;
  q.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(search, 150, true);
  };
  q.form.onsubmit = e => {
    e.preventDefault();
    clearTimeout(typing);
    search();
  };
  if (location.hash == '#q') q.focus();
  $('#copy-link').onclick = () => copy(location.href);
  $('#save').onclick = async () => {
    await draw();
    const quote = v => '"' + String(v).replace(/^[=+\-@\t\r\0]/, "'$&").replaceAll('"', '""') + '"';
    const head = 'nameWithOwner,status,statusSince,lastHumanCommit,ageDays,lastBotCommit,primaryLanguage,stargazerCount,owners,topics'.split(',');
    const lines = view.map(r => [r.full, r.status, day(r.since), day(r.human), r.age < 0 ? '' : r.age, day(r.bot), r.lang, r.stars, r.own.join(' '), r.topic.join(' ')]);
    const href = URL.createObjectURL(new Blob([[head, ...lines].map(l => l.map(quote) + '\r\n').join('')], { type: 'text/csv' }));
    make('a', { href, download: 'repositories.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1e4);
    say('Saved ' + number(view.length) + ' rows');
  };
  addEventListener('popstate', () => location.search || rows ? draw() : 0);
  if (location.search) draw();
}
})();
