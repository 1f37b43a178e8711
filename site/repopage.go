package site

import (
	"cmp"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// repoPage is the page of one repository, or of one that is gone.
type repoPage struct {
	chrome
	*row
	Heading string // the name, with its owner where there are several
	Gone    *gone
	About   string // the description
	Note    template.HTML
	Facts   []fact
	Strip   strip
	Alike   []*row
	Commits []commitLine
	JSON    string // its line of repositories.ndjson
	PageURL string // absolute; "" when the site's address is not known
	Changes []change

	Built []builtOn // the packages it uses, the furthest behind first
	// Unseen are the project files and folders that could not be read.
	Unseen []pipeline.FileProblem
	For    []pipeline.Framework
}

// gone is what is known of a repository that is no longer listed.
type gone struct {
	At      time.Time
	MovedTo string
	Path    string // of the page of what it is now; "" for none
}

func (r *report) repositoryPages(emit emit) {
	living := newAlternatives(r.rows)
	for i := range r.rows {
		w := &r.rows[i]
		if w.Path == "" {
			continue
		}
		emit(w.Path+"index.html", html("repo", func() (repoPage, error) { return r.repoPage(w, nil, living.to(int32(i))) }))
		emit(w.Path+"badge.svg", repositoryBadge(w.Finding).writeSVG)
	}
	r.tombstonePages(emit)
}

// tombstonePages keep the addresses of repositories that went away, unless
// another repository has taken the name.
func (r *report) tombstonePages(emit emit) {
	done := map[string]bool{}
	for i := range r.snap.Tombstones {
		t := &r.snap.Tombstones[i]
		path := r.tombstonePath(t.NameWithOwner)
		if path == "" || done[path] {
			continue
		}
		done[path] = true
		w := &row{Finding: &t.Finding, Name: r.displayName(t.NameWithOwner), Path: path, asOf: t.GoneAt.UTC(), from: r.began(&t.Finding)}
		g := &gone{At: t.GoneAt, MovedTo: clean(t.MovedTo)}
		if j, ok := r.byName[strings.ToLower(t.MovedTo)]; ok {
			g.Path = r.rows[j].Path
		}
		emit(path+"index.html", html("repo", func() (repoPage, error) { return r.repoPage(w, g, nil) }))
	}
}

func (r *report) repoPage(w *row, g *gone, alike []*row) (repoPage, error) {
	p := repoPage{row: w, Gone: g, About: clean(deref(w.Description)), Alike: alike, Strip: r.newStrip(w), Commits: w.commits()}
	name := clean(w.NameWithOwner)
	summary := name + ": " + clean(w.Reason.Sentence)
	p.Heading = name
	if owners := r.snap.Run.Owners; len(owners) == 1 && !isEnterprise(owners[0]) {
		p.Heading = w.Name
	}
	if g != nil {
		summary = name + " is no longer listed since " + longDate(g.At) + "."
	}
	p.chrome = r.page(w.Path, "repos", name, summary)
	if r.opts.BaseURL != "" {
		p.PageURL = r.opts.BaseURL + w.Path
	}
	for _, e := range r.events[w.NameWithOwner] {
		p.Changes = append(p.Changes, r.change(e))
	}
	p.Facts = r.facts(w)
	p.Built, p.For = r.builtOn(w)
	if w.Dependencies != nil {
		p.Unseen = w.Dependencies.Problems
	}
	line, err := encodeJSON(newLine(w.Finding, w.asOf), "  ")
	if err != nil {
		return p, err
	}
	p.JSON = visible(line)
	p.Note, err = r.notes.html(w.NameWithOwner)
	return p, err
}

// facts lists what is known of a repository, the most telling first, and what is
// missing where that says something.
func (r *brief) facts(w *row) []fact {
	facts := []fact{commitFact("Last human commit", w.LastHumanCommit, w, "none found")}
	d := w.Detail
	if d != nil && w.TipIsBot {
		facts = append(facts, commitFact("Last bot commit", d.Tip, w, ""))
	}
	add := func(label, value, detail string) {
		if value != "" {
			facts = append(facts, fact{Label: label, Value: value, Detail: detail})
		}
	}
	if w.PushedAt != nil {
		add("Last push, any branch", isoDate(*w.PushedAt), ago(*w.PushedAt, w.asOf))
	}
	if d != nil {
		if b := d.ActiveBranch; b != nil {
			add("Newest other branch", clean(b.Name), isoDate(b.CommittedDate)+", "+ago(b.CommittedDate, w.asOf))
		}
		facts = append(facts, releaseFact(w.LatestRelease, w))
		facts = append(facts, countFact("Open issues", d.OpenIssueCount, "/issues", w), countFact("Open pull requests", d.OpenPullRequestCount, "/pulls", w))
		if p := w.Parent; p != nil {
			facts = append(facts, parentFact(p, r.hostPrefix(), w.asOf))
		}
	}
	add("Stars and forks", count(w.StargazerCount)+" · "+count(w.ForkCount), "")
	add("Kind", w.kinds(), "")
	if owners := w.owners(); len(owners) > 0 {
		add("Owner", clean(strings.Join(owners, ", ")), "")
	} else {
		add("Owner", "nobody", r.ownerless())
	}
	add("License", clean(cmp.Or(deref(w.License), "none recognized")), "")
	add("Default branch", clean(deref(w.DefaultBranch)), "")
	add("Topics", clean(strings.Join(w.Topics, ", ")), "")
	for _, name := range r.snap.Rules.PropertyNames() {
		add(clean(name), clean(strings.Join(pipeline.Property(w.Properties, name), ", ")), "custom property")
	}
	if !w.CreatedAt.IsZero() {
		add("Created", isoDate(w.CreatedAt), ago(w.CreatedAt, w.asOf))
	}
	for _, f := range w.Finding.Facts {
		url := safeURL(f.URL)
		if !strings.HasPrefix(url, "https://") {
			url = ""
		}
		facts = append(facts, fact{Label: clean(f.Label), Value: clean(f.Value), URL: url, Detail: clean(f.Source)})
	}
	if d != nil && !d.ReadAt.IsZero() && d.ReadAt.Before(w.asOf) {
		add("Read", isoDate(d.ReadAt), "carried over: no push since")
	}
	return facts
}

// ownerless says where an owner would stand.
func (r *brief) ownerless() string {
	if name := r.snap.Rules.OwnerProperty; name != "" {
		return "no custom property " + name + ", no CODEOWNERS line for *, no ownership rule"
	}
	return "no CODEOWNERS line for *, no ownership rule"
}

// kinds are the flags that say what a repository is, in words.
func (w *row) kinds() string {
	var kinds []string
	for _, f := range flags {
		if f.isKind && f.has(w) {
			kinds = append(kinds, strings.ToLower(f.label))
		}
	}
	return strings.Join(kinds, ", ")
}

func commitFact(label string, c *pipeline.Commit, w *row, none string) fact {
	if c == nil {
		return fact{Label: label, Value: none}
	}
	f := fact{Label: label, Value: isoDate(c.CommittedDate), Detail: ago(c.CommittedDate, w.asOf)}
	if c.CommittedDate.After(w.asOf.Add(24 * time.Hour)) { // a report on the past may see later commits
		f.Detail = "in the future: a clock was wrong"
	} else if c.CommittedDate.After(w.asOf) {
		f.Detail = "later than this report"
	}
	if who := authorName(c.Author); who != "" {
		f.Detail += " by " + who
	}
	if c.OID != "" {
		f.URL = safeURL(w.URL + "/commit/" + c.OID)
	}
	return f
}

// authorName is the login or, without one, the name.
func authorName(a pipeline.Author) string {
	if l := notMail(a.Login); l != nil && *l != "" {
		return clean(*l)
	}
	return clean(deref(notMail(a.Name)))
}

func releaseFact(rel *pipeline.Release, w *row) fact {
	if rel == nil {
		return fact{Label: "Latest release", Value: "none"}
	}
	f := fact{Label: "Latest release", Value: clean(rel.TagName), URL: safeURL(w.URL + "/releases/latest")}
	if rel.PublishedAt != nil {
		f.Detail = isoDate(*rel.PublishedAt) + ", " + ago(*rel.PublishedAt, w.asOf)
	}
	return f
}

func parentFact(p *pipeline.Parent, host string, asOf time.Time) fact {
	f := fact{Label: "Forked from", Value: clean(p.NameWithOwner), URL: safeURL(host + p.NameWithOwner)}
	switch {
	case p.IsArchived:
		f.Detail = "archived"
	case p.PushedAt != nil:
		f.Detail = "pushed " + ago(*p.PushedAt, asOf)
	}
	return f
}

// BadgeWords is what the badge says.
func (p repoPage) BadgeWords() string {
	b := repositoryBadge(p.Finding)
	return b.label + ": " + b.message
}

// BadgeMarkdown is the badge with a link to the page, for a README.
func (p repoPage) BadgeMarkdown() string {
	return "[![Last human commit](" + p.PageURL + "badge.svg)](" + p.PageURL + ")"
}

// BadgeHTML is the same as HTML.
func (p repoPage) BadgeHTML() string {
	u := template.HTMLEscapeString(p.PageURL)
	return `<a href="` + u + `"><img src="` + u + `badge.svg" alt="Last human commit"></a>`
}

// commitLine is a commit that the verdict rests on, or that it passed over.
type commitLine struct {
	Date, Headline, URL string
	Words               string // whether it counts
	Counts              bool
}

// commits are the newest first: what was not counted and why, and at last the
// one that decided.
func (w *row) commits() []commitLine {
	var lines []commitLine
	add := func(oid string, at time.Time, headline, words string, counts bool) {
		l := commitLine{Date: isoDate(at), Headline: shorten(clean(headline), 100), Words: words, Counts: counts}
		if w.GitHub() != "" && oid != "" {
			l.URL = safeURL(w.URL + "/commit/" + oid)
		}
		if l.Headline == "" {
			l.Headline = shortCommit(clean(oid))
		}
		lines = append(lines, l)
	}
	if d := w.Detail; d != nil && d.Tip != nil && w.TipIsBot {
		add(d.Tip.OID, d.Tip.CommittedDate, d.Tip.Headline, "not counted: a bot made it", false)
	}
	for _, c := range w.NotCountedCommits {
		add(c.OID, c.CommittedDate, c.Headline, "not counted: "+notCountedWords[c.Why], false)
	}
	decides := w.DecidingCommit
	if decides == nil {
		decides = w.LastHumanCommit
	}
	if decides != nil {
		add(decides.OID, decides.CommittedDate, decides.Headline, "counts: its date decides", true)
	}
	return lines
}

var notCountedWords = map[pipeline.NotCountedReason]string{
	pipeline.BotMerge: "it merges a branch that a bot made",
	pipeline.Campaign: "its author made the same change in many repositories that day",
	pipeline.Notice:   "it says that the repository is retired",
}

// countFact tells a count, and its date when it is older than a week.
func countFact(label string, n int, page string, w *row) fact {
	f := fact{Label: label, Value: count(n), URL: safeURL(w.URL + page)}
	switch at := w.Detail.CountsAt; {
	case at.IsZero():
		f.Value = "not counted yet"
	case w.asOf.Sub(at) > 7*24*time.Hour:
		f.Detail = "as of " + isoDate(at)
	}
	return f
}

// The most candidates kept for one topic or language, and the most shown.
const (
	maxCandidates   = 24
	maxAlternatives = 5
)

// alternatives finds repositories that are alive and like another one.
type alternatives struct {
	rows    []row
	byTopic map[string][]int32 // most stars first
	byLang  map[string][]int32
}

func newAlternatives(rows []row) alternatives {
	a := alternatives{rows, map[string][]int32{}, map[string][]int32{}}
	alive := slices.DeleteFunc(indices(len(rows)), func(i int32) bool {
		w := &rows[i]
		return w.Status != pipeline.Fresh && w.Status != pipeline.Active || w.IsFork || w.IsMirror
	})
	slices.SortStableFunc(alive, func(x, y int32) int {
		return cmp.Compare(rows[y].StargazerCount, rows[x].StargazerCount)
	})
	keep := func(m map[string][]int32, key string, i int32) {
		if key != "" && len(m[key]) < maxCandidates {
			m[key] = append(m[key], i)
		}
	}
	for _, i := range alive {
		for _, t := range rows[i].Topics {
			keep(a.byTopic, t, i)
		}
		keep(a.byLang, deref(rows[i].PrimaryLanguage), i)
	}
	return a
}

// to lists live repositories with the same topics or language: most topics in
// common first, then the same language, then stars.
func (a alternatives) to(i int32) []*row {
	w := &a.rows[i]
	score := map[int32]int{}
	for _, t := range w.Topics {
		for _, c := range a.byTopic[t] {
			score[c] += 2
		}
	}
	for _, c := range a.byLang[deref(w.PrimaryLanguage)] {
		score[c]++
	}
	delete(score, i)
	found := make([]int32, 0, len(score))
	for c := range score {
		found = append(found, c)
	}
	slices.SortFunc(found, func(x, y int32) int {
		return cmp.Or(cmp.Compare(score[y], score[x]),
			cmp.Compare(a.rows[y].StargazerCount, a.rows[x].StargazerCount), cmp.Compare(x, y))
	})
	best := make([]*row, 0, maxAlternatives)
	for _, c := range found[:min(len(found), maxAlternatives)] {
		best = append(best, &a.rows[c])
	}
	return best
}
