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

function say(text) {
  $('#say').textContent = '';
  setTimeout(() => { $('#say').textContent = text }, 50);
}

async function copy(text, button, source) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure context the text is selected, to be copied by hand.
    if (source) getSelection().selectAllChildren(source);
    say('Press Ctrl+C to copy');
    return;
  }
  const label = button.firstChild, before = label.data;
  if (before != 'Copied ') label.data = 'Copied ';
  setTimeout(() => { label.data = before == 'Copied ' ? 'Copy ' : before }, 1500);
  say('Copied');
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
    b.onclick = () => copy(source.textContent, b, source);
  }
  on.checked = memo.get('keys') != 'off';
  on.onchange = () => memo.set('keys', on.checked ? 'on' : 'off');
  $('#help').onclick = () => keys.showModal();
  addEventListener('keydown', e => {
    if (!on.checked || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input,textarea,select,dialog')) return;
    if (e.key == '?') keys.showModal();
    else if (e.key != '/') return;
    else if ($('#q')) $('#q').focus();
    else location.href = $('.bar nav a:nth-child(2)').href + '#q';
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
  const box = $('.rows', app), body = $('#rows tbody'), shown = $('#shown'), picked = $('#picked'), q = $('#q');
  const number = n => n.toLocaleString('en-US');
  const day = n => new Date(n * 864e5).toISOString().slice(0, 10);
  let data, rows, view = [];
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
    const d = data = await r.json();
    const word = (list, n) => n ? list[n - 1] : '';
    rows = d.name.map((name, i) => {
      const org = d.orgs[d.org ? d.org[i] : 0], full = org + '/' + name, age = d.age[i] - 1;
      const path = d.paths[i] ?? 'r/' + full.toLowerCase() + '/';
      const owner = d.owner[i].map(n => word(d.owners, n)), topic = d.topic[i].map(n => word(d.topics, n));
      const row = {
        i, age, org, full, name: d.org ? full : name, href: path ? app.dataset.root + path : d.url + full,
        status: [d.statuses[d.status[i]]], since: d.asOf - d.since[i],
        human: d.human[i] < -9e5 ? -1 : d.asOf - Math.max(0, age) - d.human[i], bot: d.bot[i] ? d.asOf - d.bot[i] + 1 : -1,
        lang: [word(d.langs, d.lang[i])], stars: d.stars[i], owner: owner.length ? owner : ['nobody'], topic,
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
  const nobodyLast = r => r.owner[0] == 'nobody' ? '' : r.owner[0].toLowerCase();
  const columns = {
    '': [r => r.rank, 1, r => r.stars], name: [r => r.full.toLowerCase(), 1], since: [r => r.since, 1], human: [r => r.human, 1],
    age: [r => r.age, -1], bot: [r => r.bot, 1], lang: [r => r.lang[0].toLowerCase(), 1], stars: [r => r.stars, -1], owner: [nobodyLast, 1],
  };
  function sorted(list, sort) {
    const back = sort[0] == '-' ? -1 : 1, key = back < 0 ? sort.slice(1) : sort;
    const [value, way, then] = columns[key] || columns[''];
    const none = v => v === -1 || v === '';
    return list.sort((a, b) => {
      const x = value(a), y = value(b);
      return none(x) - none(y) || way * back * text(x, y) || (then ? then(b) - then(a) : 0) || a.i - b.i;
    });
  }

  // A facet's wanted values are alternatives, its excluded ones all apply.
  function fits(r, f, wants) {
    const has = v => r[f].includes(v);
    const want = wants.filter(v => v[0] != '-'), not = wants.filter(v => v[0] == '-');
    return (!want.length || want.some(has)) && !not.some(v => has(v.slice(1)));
  }
  function filter(s, without) {
    const terms = (s.get('q') || '').toLowerCase().split(/\s+/).filter(Boolean);
    const active = facets.filter(f => f != without && s.has(f)).map(f => [f, s.getAll(f)]);
    return rows.filter(r => terms.every(t => r.text.includes(t)) && active.every(([f, w]) => fits(r, f, w)));
  }

  const cell = (t, c) => make('td', { textContent: t, className: c || '' });
  const years = n => n < 0 ? '–' : n < 61 ? n + '\u00a0d' : n < 365 ? Math.floor(n / 30.436875) + '\u00a0mo' : (Math.floor((n + 1) / 365.2425 * 10) / 10).toFixed(1) + '\u00a0y';
  const title = s => s[0].toUpperCase() + s.slice(1);
  function line(r) {
    const head = make('th', { scope: 'row' }, make('a', { href: r.href, textContent: r.name }));
    if (r.is.includes('exempt')) head.append(' ', make('i', { textContent: 'exempt' }));
    const owner = r.owner[0] == 'nobody' ? '' : r.owner[0] + (r.owner[1] ? ' +' + (r.owner.length - 1) : '');
    return make('tr', {}, head,
      make('td', {}, make('span', { className: 's ' + r.status, textContent: title(r.status[0]) })),
      cell(day(r.since)), cell(r.human < 0 ? '–' : day(r.human)), cell(years(r.age), 'n'), cell(r.bot < 0 ? '' : day(r.bot)),
      cell(r.lang[0]), cell(number(r.stars), 'n'), cell(owner));
  }

  const url = s => { const u = new URL(home); u.search = s; return u };
  function go(change, replace) {
    const s = state();
    s.delete('page');
    s.delete('all');
    change(s);
    const u = url(s);
    if (location.pathname != home.pathname) { location.href = u; return }
    history[replace ? 'replaceState' : 'pushState'](null, '', u);
    draw();
  }
  function toggle(f, v, not) {
    go(s => {
      const before = s.getAll(f), now = (not ? '-' : '') + v;
      s.delete(f);
      for (const b of before) if (b != v && b != '-' + v) s.append(f, b);
      if (!before.includes(now)) s.append(f, now);
    });
  }

  function words(s, n) {
    const parts = facets.flatMap(f => s.getAll(f).map(v => (v[0] == '-' ? 'not ' : '') + (nouns[f] || f) + ' ' + v.replace(/^-/, '')));
    if (s.get('q')) parts.push('with “' + s.get('q') + '”');
    const sort = s.get('sort') || '', th = $(`th[data-k="${CSS.escape(sort.replace(/^-/, ''))}"]`);
    const by = sort.replace(/^-/, '') ? `, by ${th ? th.textContent.toLowerCase() : sort}${sort[0] == '-' ? ', reversed' : ''}` : ', what needs attention first';
    return `${number(n)} of ${number(rows.length)} repositories${parts.length ? ': ' + parts.join(', ') : ''}${by}.`;
  }

  async function draw() {
    const s = state();
    q.value = s.get('q') || '';
    try {
      await load();
    } catch (e) {
      shown.textContent = 'The index for searching and sorting could not be loaded (' + e.message + '). The lists and pages still work.';
      return;
    }
    view = sorted(filter(s), s.get('sort') || '');
    const all = s.has('all') && view.length <= full, pages = all ? 1 : Math.max(1, Math.ceil(view.length / size));
    const page = Math.min(pages, Math.max(1, parseInt(s.get('page')) || 1));
    const part = all ? view : view.slice((page - 1) * size, page * size);
    if (body) body.replaceChildren(...part.map(line));
    shown.textContent = words(s, view.length) + (pages > 1 ? ` Rows ${number((page - 1) * size + 1)} to ${number((page - 1) * size + part.length)}.` : '');
    none(view.length);
    picks(s);
    pager(s, page, pages, all);
    counts(s);
    heads(s);
  }

  function none(n) {
    $('#none')?.remove();
    if (body) body.parentNode.hidden = !n;
    if (!n) box.append(make('p', { id: 'none', className: 'none' }, `Nothing fits. All ${number(rows.length)} repositories were searched by name, topic, language and owner. `, make('a', { href: home, textContent: 'Show all' })));
  }
  function picks(s) {
    const drop = (f, v) => make('button', { type: 'button', textContent: (v[0] == '-' ? 'not ' + v.slice(1) : v) + ' ×', ariaLabel: 'Remove the filter ' + (nouns[f] || f) + ' ' + v, onclick: () => go(t => { const rest = t.getAll(f).filter(w => w != v); t.delete(f); rest.forEach(w => t.append(f, w)) }) });
    const list = facets.flatMap(f => s.getAll(f).map(v => drop(f, v)));
    picked.replaceChildren(...list);
    if (list.length || s.get('q')) picked.append(make('a', { href: home, textContent: 'Show all' }), ' ');
    picked.append(make('a', { className: 'narrow', href: '#filters', textContent: 'Filters' }));
  }
  function pager(s, page, pages, all) {
    $('#pager')?.remove();
    if (pages < 2 && !all) return;
    const nav = make('nav', { id: 'pager', className: 'pager', ariaLabel: 'Pages' });
    const link = (t, set) => {
      const u = new URLSearchParams(s);
      u.delete('page');
      u.delete('all');
      set(u);
      nav.append(make('a', { href: url(u), textContent: t, onclick: e => { e.preventDefault(); go(w => { [...w.keys()].forEach(k => w.delete(k)); u.forEach((v, k) => w.append(k, v)) }); box.scrollIntoView() } }));
    };
    if (all) link('Show pages', () => {});
    else {
      if (page > 1) link('Previous', u => u.set('page', page - 1));
      nav.append(make('span', { ariaCurrent: 'page', textContent: `${number(page)} of ${number(pages)}` }));
      if (page < pages) link('Next', u => u.set('page', page + 1));
      if (view.length <= full) link('Show all', u => u.set('all', 1));
    }
    box.append(nav);
  }
  // Each count says how many rows a click would leave.
  function counts(s) {
    for (const f of facets) {
      const tally = {};
      for (const r of filter(s, f)) for (const v of r[f]) tally[v] = (tally[v] || 0) + 1;
      for (const a of $$(`[data-f=${f}]`)) {
        const v = a.dataset.v, on = s.getAll(f);
        if (on.includes(v)) a.ariaCurrent = 'true';
        else a.removeAttribute('aria-current');
        a.parentNode.querySelector('.not').ariaPressed = on.includes('-' + v);
        a.parentNode.querySelector('span').textContent = number(tally[v] || 0);
      }
    }
  }
  function heads(s) {
    const sort = s.get('sort') || '', key = sort.replace(/^-/, ''), way = (columns[key] || columns[''])[1] * (sort[0] == '-' ? -1 : 1);
    for (const th of $$('th[data-k]')) {
      if (th.dataset.k != key) th.removeAttribute('aria-sort');
      else th.ariaSort = key ? way > 0 ? 'ascending' : 'descending' : 'other';
    }
  }

  for (const th of $$('th[data-k]')) {
    const k = th.dataset.k;
    th.replaceChildren(make('button', { type: 'button', textContent: th.textContent, onclick: () => go(s => s.get('sort') == k && k ? s.set('sort', '-' + k) : k ? s.set('sort', k) : s.delete('sort')) }));
  }
  for (const a of $$('[data-f]')) {
    const { f, v } = a.dataset;
    a.onclick = e => {
      if (e.ctrlKey || e.metaKey || e.shiftKey) return;
      e.preventDefault();
      toggle(f, v);
    };
    a.after(make('button', { type: 'button', className: 'not', textContent: '−', title: 'Exclude', ariaLabel: 'Exclude ' + a.textContent, ariaPressed: 'false', onclick: () => toggle(f, v, true) }));
  }
  let typing;
  q.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(() => go(s => q.value ? s.set('q', q.value) : s.delete('q'), true), 150);
  };
  q.form.onsubmit = e => {
    e.preventDefault();
    go(s => q.value ? s.set('q', q.value) : s.delete('q'));
  };
  if (location.hash == '#q') q.focus();
  $('#copy-link').onclick = e => copy(url(state()).href, e.target, null);
  $('#save').onclick = async () => {
    await draw();
    const guard = t => /^[=+\-@\t\r\0]/.test(t) ? "'" + t : t;
    const quote = t => /[",\r\n]/.test(t) ? '"' + t.replace(/"/g, '""') + '"' : t;
    const head = 'nameWithOwner,status,statusSince,lastHumanCommit,ageDays,lastBotCommit,primaryLanguage,stargazerCount,owners,topics'.split(',');
    const lines = view.map(r => [r.full, r.status[0], day(r.since), r.human < 0 ? '' : day(r.human), r.age < 0 ? '' : r.age, r.bot < 0 ? '' : day(r.bot), r.lang[0], r.stars, r.owner.join(' '), r.topic.join(' ')]);
    const csv = [head, ...lines].map(l => l.map(c => quote(guard(String(c)))).join(',') + '\r\n').join('');
    const a = make('a', { href: URL.createObjectURL(new Blob(['\ufeff' + csv], { type: 'text/csv' })), download: 'repositories.csv' });
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
    say('Saved ' + number(view.length) + ' rows');
  };
  addEventListener('popstate', () => location.search || rows ? draw() : 0);
  if (location.search) draw();
}
})();
