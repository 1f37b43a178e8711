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
  const days = {}, day = n => n < 0 ? '' : days[n] ??= new Date(n * 864e5).toISOString().slice(0, 10);
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
    // A number takes a character, a large one five.
    for (const c of ['status', 'lang', 'license', 'flag', 'step']) {
      const s = d[c], to = d[c] = [];
      for (let i = 0; i < s.length; i++) to.push(s[i] == 'z' ? parseInt(s.slice(i + 1, (i += 4) + 1), 36) : parseInt(s[i], 36));
    }
    const none = ['(none)'], split = (of, values) => of.split(',').map(l => l ? l.split('.').map(n => values[n - 1]) : []), some = v => v[0] ? v : none;
    for (const c of ['owner', 'topic']) d[c] = split(d[c], d[c + 's']);
    const each = list => [none, ...list.map(v => [v])], langs = each(d.langs), licenses = each(d.licenses), kinds = {}, top = d.flags.length;
    steps = d.steps;
    const wanted = each(steps.filter((_, i) => i % 2 == 0)), statuses = d.statuses.map(v => [v]), archived = d.statuses.indexOf('archived');
    let name = '';
    rows = d.name.map((rest, i) => {
      name = name.slice(0, parseInt(rest[0], 36)) + rest.slice(1);
      const full = d.orgs[d.org ? d.org[i] : 0] + '/' + name, age = d.age[i] - 1, bits = d.flag[i], own = d.owner[i], topic = d.topic[i];
      // Where age and archiving tell the status, nothing does besides.
      let at = d.status[i] - 1;
      if (at < 0) at = bits & 1 ? archived : d.begins.findLastIndex((n, s) => s < 5 && n <= age);
      const is = kinds[bits] ??= d.flags.filter((_, b) => bits >> b & 1), exempt = is.includes('exempt'), status = statuses[at];
      return {
        i, age, full, own, exempt, status, name: d.full ? full : name, href: bits >> top & 1 ? d.url + full : base + (d.paths[i] || `r/${full.toLowerCase()}/`), url: bits >> top & 2 ? '' : d.url + full,
        old: age < 0 && status[0] == 'dormant' ? Infinity : age, step: wanted[d.step[i]], turn: d.step[i] * 1e6 + (d.day[i] || 0),
        since: d.asOf - d.since[i] - Math.max(0, age - d.begins[at]), human: d.human[i] < -9e5 ? -1 : d.asOf - Math.max(0, age) - d.human[i], bot: d.bot[i] ? d.asOf - d.bot[i] + 1 : -1,
        lang: langs[d.lang[i]], stars: d.stars[i], owner: own[0] ? own : ['nobody'], topic: some(topic), license: licenses[d.license[i]],
        is: kinds['+' + bits] ??= is.some(f => f != 'exempt' && f != 'bot-active') ? is : [...is, '(none)'], rank: Math.max(exempt ? 6 : 0, ranks.indexOf(status[0])),
        text: `${full} ${plain(langs[d.lang[i]])} ${own.join(' ')} ${topic.join(' ')}`,
      };
    });
    for (const [f, of, values] of d.properties) {
      facets.push(f);
      split(of, values).forEach((v, i) => { rows[i][f] = some(v) });
    }
    rows = sorted(rows, '', 1);
  })();
  const loadTexts = () => searchable ??= load(texts).then(r => r.json()).then(list => rows.forEach(r => { r.text = (r.text + ' ' + list[r.i]).toLowerCase() }));

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
    for (const r of list) {
      r.by = value(r);
      r.last = r.by === -1 || r.by === '';
    }
    return list.toSorted((a, b) => a.last - b.last || (a.by < b.by ? -k : a.by > b.by ? k : 0) || (stars ? b.stars - a.stars : 0) || a.i - b.i);
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
    const tr = pattern.cloneNode(true), head = tr.firstChild, link = head.firstChild, gh = head.lastChild;
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
    let cell = head.nextSibling;
    cell.firstChild.className = 's ' + r.status[0];
    cell.firstChild.textContent = title(r.status[0]);
    for (const text of [day(r.since), day(r.human) || '–', years(r.age), day(r.bot), r.lang[0] == '(none)' ? '' : r.lang[0], number(r.stars), (r.own[0] || '') + (r.own[1] ? ' +' + (r.own.length - 1) : '')]) {
      cell = cell.nextSibling;
      if (text) cell.textContent = text;
    }
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
