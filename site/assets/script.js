// One script for every page; each is complete without it. It builds elements,
// never markup, so text stays text. Lines of comment are not served.
(() => {
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
const number = n => n.toLocaleString('en-US');
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

// The table. The URL is its only state: q, sort, page, all, age, stars, and one
// parameter for each facet value; a leading "-" excludes the value. The page of
// a facet is that value's filter, until the filters change.
function table(app) {
  // The page's own address is going to change.
  for (const a of $$('a[href]')) a.href = a.href;
  const [base, index, texts] = ['root', 'index', 'texts'].map(f => new URL(app.dataset[f], location).href);
  const home = base + 'repos/', path = location.pathname;
  const own = new URLSearchParams(app.dataset.state), h1 = $('#what'), heading = h1.textContent, site = document.title.slice(document.title.lastIndexOf(' · '));
  const facets = ['status', 'step', 'lang', 'owner', 'topic', 'license', 'is'], ranges = { age: 365.25, stars: 1 };
  const nouns = { step: 'next step', lang: 'language', is: 'kind' };
  const ranks = ['dormant', 'stale', 'unknown', 'aging', 'active', 'fresh', 'exempt', 'empty', 'archived'];
  const full = 5000, size = 200;
  const body = $('#rows tbody'), shown = $('#shown'), picked = $('#picked'), q = $('#q');
  const day = n => n < 0 ? '' : new Date(n * 864e5).toISOString().slice(0, 10);
  let rows, steps, searchable, view = [];
  const state = () => {
    const s = new URLSearchParams(location.search);
    if (location.pathname == path) {
      for (const [f, v] of own) if (!s.has(f)) s.append(f, v);
      if (app.dataset.order && !s.has('sort')) s.set('sort', app.dataset.order);
    }
    return s;
  };

  let loading;
  const loadRows = () => loading ??= (async () => {
    const d = await (await load(index)).json();
    for (const c of ['status', 'lang', 'license', 'flag', 'step']) d[c] = d[c].match(/z....|./g)?.map(n => parseInt(n[1] ? n.slice(1) : n, 36));
    const split = (of, values) => of.split(',').map(l => l ? l.split('.').map(n => values[n - 1]) : []), some = v => v[0] ? v : ['(none)'];
    for (const c of ['owner', 'topic']) d[c] = split(d[c], d[c + 's']);
    const word = (list, n) => n ? list[n - 1] : '(none)';
    steps = d.steps;
    let name = '';
    rows = d.name.map((rest, i) => {
      name = name.slice(0, parseInt(rest[0], 36)) + rest.slice(1);
      const org = d.orgs[d.org ? d.org[i] : 0], full = org + '/' + name, age = d.age[i] - 1, bits = d.flag[i];
      const own = d.owner[i], topic = d.topic[i], is = d.flags.filter((_, b) => bits >> b & 1), status = d.statuses[d.status[i]];
      const exempt = is.includes('exempt');
      return {
        i, age, full, own, exempt, name: d.full ? full : name, href: bits >> d.flags.length & 1 ? d.url + full : base + (d.paths[i] || `r/${full.toLowerCase()}/`), url: bits >> d.flags.length & 2 ? '' : d.url + full,
        old: age < 0 && status == 'dormant' ? Infinity : age, step: [d.step[i] ? steps[2 * d.step[i] - 2] : '(none)'], turn: d.step[i] * 1e6 + (d.day[i] || 0),
        status: [status], since: d.asOf - d.since[i] - Math.max(0, age - d.begins[d.status[i]]), human: d.human[i] < -9e5 ? -1 : d.asOf - Math.max(0, age) - d.human[i], bot: d.bot[i] ? d.asOf - d.bot[i] + 1 : -1,
        lang: [word(d.langs, d.lang[i])], stars: d.stars[i], owner: own[0] ? own : ['nobody'], topic: some(topic),
        license: [word(d.licenses, d.license[i])], is: is.some(f => f != 'exempt' && f != 'bot-active') ? is : [...is, '(none)'],
        rank: Math.max(exempt ? 6 : 0, ranks.indexOf(status)), text: [full, d.lang[i] ? d.langs[d.lang[i] - 1] : '', ...own, ...topic].join(' ').toLowerCase(),
      };
    });
    for (const [f, of, values] of d.properties) {
      facets.push(f);
      split(of, values).forEach((v, i) => { rows[i][f] = some(v) });
    }
    rows = sorted(rows, '', 1);
  })();
  const loadTexts = () => searchable ??= load(texts).then(r => r.json()).then(list => rows.forEach(r => { r.text += ' ' + list[r.i].toLowerCase() }));

  // By column: the value, the way of the first click, which shows the worst or
  // the most first, and its words. What has no value comes last either way.
  const plain = s => s[0] == '(none)' ? '' : s[0].toLowerCase();
  const columns = {
    '': [r => r.rank, 1, 'worst first'], name: [r => r.full.toLowerCase(), 1, 'by name'], since: [r => r.since, 1, 'longest in its status first'],
    human: [r => r.human, 1, 'oldest commit first'], age: [r => r.old, -1, 'oldest first'], bot: [r => r.bot, 1, 'oldest bot commit first'],
    lang: [r => plain(r.lang), 1, 'by language'], stars: [r => r.stars, -1, 'most stars first'],
    owner: [r => (r.own[0] || '').toLowerCase(), 1, 'by owner'], step: [r => r.turn, 1, 'in the order of the worklist'],
  };
  function sorted(list, key, back) {
    const [value, way] = columns[key], stars = key == '' || key == 'step', k = back * way;
    const keyed = list.map(r => { const v = value(r); return [v === -1 || v === '' ? 1 : 0, v, r] });
    keyed.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -k : a[1] > b[1] ? k : 0) || (stars ? b[2].stars - a[2].stars : 0) || a[2].i - b[2].i);
    return keyed.map(k => k[2]);
  }

  // A facet's wanted values are alternatives, its excluded ones all apply. Each
  // row that fits counts for every facet; one that fails a single facet counts
  // for that one, since another click there would show it.
  function filter(s) {
    const terms = (s.get('q') || '').toLowerCase().split(' ').filter(t => t), counts = {}, found = [];
    const tests = facets.map(f => {
      const not = s.getAll(f).filter(v => v[0] == '-').map(v => v.slice(1)), want = s.getAll(f).filter(v => v[0] != '-');
      counts[f] = {};
      return want[0] || not[0] ? r => (!want[0] || want.some(v => r[f].includes(v))) && !not.some(v => r[f].includes(v)) : null;
    });
    const limits = Object.entries(ranges).filter(([f]) => s.has(f)).map(([f, unit]) => {
      const [low, high] = s.get(f).split('-').map(n => n === '' ? NaN : n * unit), get = f == 'age' ? r => r.old : r => r.stars;
      return r => { const n = get(r); return n >= 0 && !(n < low) && !(n > high) };
    });
    for (const r of rows) {
      if (!terms.every(t => r.text.includes(t)) || !limits.every(fits => fits(r))) continue;
      let failed = -1, n = 0;
      tests.forEach((fits, i) => { if (fits && !fits(r)) { failed = i; n++ } });
      if (n > 1) continue;
      if (!n) found.push(r);
      for (const f of n ? [facets[failed]] : facets) for (const v of r[f]) counts[f][v] = (counts[f][v] || 0) + 1;
    }
    return [found, counts];
  }
  function words(f, v) {
    if (f in ranges) return (f == 'age' ? 'years ' : 'stars ') + v.replace(/^(.*)-(.*)$/, (_, a, b) => a && b ? `${a} to ${b}` : a ? `from ${a}` : `to ${b}`);
    const noun = nouns[f] || f.replace('property-', '');
    if (v == '-(none)') return 'any ' + noun;
    if (v[0] == '-') return 'not ' + words(f, v.slice(1));
    if (f == 'owner' && v == 'nobody') return 'owned by nobody';
    if (v == '(none)') return f == 'is' ? 'ordinary' : 'no ' + noun;
    if (f == 'status' || f == 'is') return v;
    return noun + ' ' + (f == 'step' ? steps[steps.indexOf(v) + 1].toLowerCase() : v);
  }

  const years = n => n < 0 ? '–' : n < 61 ? n + '\u00a0d' : n < 365 ? Math.floor(n / 30.436875) + '\u00a0mo' : (Math.floor((4 * n + 3) * 10 / 1461) / 10).toFixed(1) + '\u00a0y';
  const pattern = make('tr', {}, make('th', { scope: 'row' }, make('a'), ' ', make('a', { className: 'gh', textContent: '↗' })),
    make('td', {}, make('span')), ...['', '', 'n', '', '', 'n', ''].map(className => make('td', { className })));
  function line(r) {
    const tr = pattern.cloneNode(true), [head, chip, ...cells] = tr.children, [link, gh] = head.children, badge = chip.firstChild;
    link.href = r.href;
    link.textContent = r.name;
    if (!r.url || r.href == r.url) {
      gh.previousSibling.remove();
      gh.remove();
    } else {
      gh.href = r.url;
      gh.ariaLabel = r.name + ' on GitHub';
    }
    if (r.exempt) head.append(' ', make('i', { textContent: 'exempt' }));
    badge.className = 's ' + r.status[0];
    badge.textContent = title(r.status[0]);
    [day(r.since), day(r.human) || '–', years(r.age), day(r.bot), r.lang[0] == '(none)' ? '' : r.lang[0], number(r.stars), (r.own[0] || '') + (r.own[1] ? ' +' + (r.own.length - 1) : '')]
      .forEach((t, i) => { cells[i].textContent = t });
    return tr;
  }

  function address(s) {
    const u = new URL(home);
    u.search = s;
    return u;
  }
  function paged(s, k, v) {
    s.delete('page');
    s.delete('all');
    if (k && !(k == 'page' && v == 1)) s.set(k, v);
    return s;
  }
  function go(change, replace) {
    const s = paged(state());
    change(s);
    history[replace ? 'replaceState' : 'pushState'](null, '', address(s));
    return draw();
  }
  const toggle = (f, v, now) => go(s => {
    const before = s.getAll(f);
    s.delete(f);
    for (const b of before) if (b.replace(/^-/, '') != v) s.append(f, b);
    if (now && !before.includes(now)) s.append(f, now);
  });

  async function draw() {
    const s = state(), steps1 = s.getAll('step'), [, minus, asked] = /^(-?)(.*)/.exec(s.get('sort') || (steps1.length == 1 && !/^[-(]/.test(steps1[0]) ? 'step' : ''));
    const key = Object.hasOwn(columns, asked) ? asked : '', back = minus ? -1 : 1;
    if (document.activeElement != q) q.value = s.get('q') || '';
    for (const i of $$('[data-r]')) if (document.activeElement != i) i.value = (s.get(i.dataset.r) || '').split('-')[i.dataset.end] || '';
    try {
      await loadRows();
      if (s.get('q')) await loadTexts();
    } catch (e) {
      root.classList.remove('wait');
      shown.textContent = `Searching failed: ${e.message}`;
      return;
    }
    const [found, counts] = filter(s);
    view = key || minus ? sorted(found, key, back) : found;
    const n = view.length, all = s.has('all') && n <= full, step = all ? full : size, pages = Math.max(1, Math.ceil(n / step));
    const page = Math.min(pages, Math.max(1, s.get('page') | 0)), from = (page - 1) * step, part = view.slice(from, from + step);
    const picks = [...facets, ...Object.keys(ranges)].flatMap(f => s.getAll(f).map(v => [f, v, words(f, v)])), filters = picks.map(p => p[2]);
    if (s.get('q')) filters.push(`with “${s.get('q')}”`);
    for (const th of $$('th[data-k]')) {
      th.removeAttribute('aria-sort');
      if (th.dataset.k == key) th.ariaSort = (key ? columns[key][1] : -1) * back > 0 ? 'ascending' : 'descending';
    }
    const order = columns[key][2] + (minus && ', reversed');
    shown.textContent = (filters[0] ? `${number(n)} of ${number(rows.length)} repositories: ${filters.join(', ')}; ${order}.` : `All ${number(n)} repositories, ${order}.`) + (pages > 1 ? ` Rows ${number(from + 1)} to ${number(from + part.length)}.` : '');
    const isOwn = !s.get('q') && picks.length == [...own].length && [...own].every(([f, v]) => s.getAll(f).includes(v));
    h1.textContent = isOwn && own.size ? heading : filters[0] ? 'Repositories: ' + filters.join(', ') : 'Repositories';
    document.title = h1.textContent + site;
    const remove = ([f, v], i) => async () => {
      await (f in ranges ? go(s => s.delete(f)) : toggle(f, v.replace(/^-/, '')));
      ($$('button', picked)[i] || $$('button', picked).at(-1) || q).focus();
    };
    picked.replaceChildren(...picks.map((p, i) => button(p[2] + ' ×', remove(p, i), { ariaLabel: 'Remove the filter ' + p[2] })));
    if (filters[0]) picked.append(make('a', { href: home, textContent: `All ${number(rows.length)} repositories` }));
    $('#pager')?.remove();
    $('#none')?.remove();
    if (body) {
      // Many rows come in groups, of which a browser lays out what is looked at.
      const table = body.parentNode;
      for (const b of [...table.tBodies].slice(1)) b.remove();
      body.replaceChildren(...part.slice(0, size).map(line));
      for (let i = size; i < part.length; i += size) table.append(make('tbody', {}, ...part.slice(i, i + size).map(line)));
      table.classList.toggle('many', part.length > size);
      table.hidden = !n;
    }
    if (!n) app.append(make('p', { id: 'none', className: 'none', textContent: `Nothing fits. All ${number(rows.length)} repositories were searched by name, description, topic, language and owner.` }));
    app.append(pager(s, page, pages, all && n > size, n));
    for (const a of $$('[data-f]')) {
      const { f, v } = a.dataset, on = s.getAll(f), li = a.parentNode;
      a.ariaCurrent = on.includes(v) ? 'true' : null;
      $('.not', li).ariaPressed = on.includes('-' + v);
      $('span', li).textContent = number(counts[f][v] || 0);
      li.closest('details').firstChild.className = on.length ? 'on' : '';
    }
    $('#ranges').className = s.has('age') || s.has('stars') ? 'on' : '';
    root.classList.remove('wait');
  }

  function pager(s, page, pages, whole, n) {
    const nav = make('nav', { id: 'pager', className: 'pager', ariaLabel: 'Pages' });
    const link = (textContent, k, v) => nav.append(make('a', { href: address(paged(new URLSearchParams(s), k, v)), textContent, onclick: e => {
      if (modified(e)) return;
      e.preventDefault();
      go(s => paged(s, k, v));
      app.scrollIntoView();
    } }));
    const to = (p, text) => p == page ? nav.append(make('span', { textContent: p, ariaCurrent: 'page' })) : link(text || p, 'page', p);
    if (page > 1) to(page - 1, 'Previous');
    for (let p = 1; p <= pages && pages > 1; p++) {
      if (p == 1 || p == pages || Math.abs(p - page) < 3) to(p);
      else if (Math.abs(p - page) == 3) nav.append(make('span', { textContent: '…' }));
    }
    if (page < pages) to(page + 1, 'Next');
    if (whole) link('Show pages');
    else if (pages > 1 && n <= full) link('Show all ' + number(n), 'all', 1);
    return nav;
  }

  for (const th of $$('th[data-k]')) {
    const k = th.dataset.k;
    th.replaceChildren(button(th.textContent, () => go(s => {
      const now = s.get('sort') || '', next = now == k ? '-' + k : k;
      if (next) s.set('sort', next);
      else s.delete('sort');
    })));
  }
  for (const a of $$('[data-f]')) {
    const { f, v } = a.dataset;
    a.onclick = e => {
      if (modified(e)) return;
      e.preventDefault();
      toggle(f, v, v);
    };
    a.after(button('−', () => toggle(f, v, '-' + v), { className: 'not', ariaLabel: 'Exclude ' + a.textContent, ariaPressed: 'false' }));
  }
  for (const i of $$('[data-r]')) i.onchange = () => go(s => {
    const f = i.dataset.r, [low, high] = $$(`[data-r=${f}]`).map(e => e.value);
    if (low || high) s.set(f, low + '-' + high);
    else s.delete(f);
  });
  const shut = e => {
    const d = $('.filters [open]');
    if (!d || (e.key ? e.key != 'Escape' : d.contains(e.target))) return;
    d.open = false;
    if (e.key) d.firstChild.focus();
  };
  addEventListener('click', shut);
  addEventListener('keydown', shut);
  // Going back leads to before the first letter.
  let typing, begun;
  const search = () => {
    const text = q.value.trim();
    go(s => text ? s.set('q', text) : s.delete('q'), begun);
    begun = true;
  };
  q.oninput = () => {
    clearTimeout(typing);
    typing = setTimeout(search, 30);
  };
  q.onfocus = () => loadRows().then(loadTexts, () => {});
  q.onblur = () => { begun = 0 };
  q.form.onsubmit = e => {
    e.preventDefault();
    clearTimeout(typing);
    search();
  };
  if (location.hash == '#q') q.focus();
  $('#copy-link').onclick = () => copy(address(state()).href, () => say('Copy it from the address bar'));
  $('#save').onclick = async () => {
    await draw();
    const quote = v => '"' + String(v).replace(/^[=+\-@\t\r\0]/, "'$&").replaceAll('"', '""') + '"';
    const head = 'nameWithOwner,url,status,statusSince,lastHumanCommit,ageDays,lastBotCommit,primaryLanguage,stargazerCount,owners,topics'.split(',');
    const lines = view.map(r => [r.full, r.url, r.status, day(r.since), day(r.human), r.age < 0 ? '' : r.age, day(r.bot), plain(r.lang) && r.lang[0], r.stars, r.own.join(' '), r.topic.join(' ').replace('(none)', '')]);
    const href = URL.createObjectURL(new Blob([[head, ...lines].map(l => l.map(quote) + '\r\n').join('')], { type: 'text/csv' }));
    make('a', { href, download: 'repositories.csv' }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1e4);
    say('Saved ' + number(view.length) + ' rows');
  };
  addEventListener('popstate', draw);
  if (location.search) draw();
}
})();
