package site

import (
	"cmp"
	"html/template"
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
		w := &row{Finding: &t.Finding, Name: r.displayName(t.NameWithOwner), Path: path, asOf: t.GoneAt.UTC(), From: r.began(&t.Finding)}
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
	p.Heading = name
	if owners := r.snap.Run.Owners; len(owners) == 1 && !isEnterprise(owners[0]) {
		p.Heading = w.Name
	}
	summary := name + ": " + clean(w.Reason.Sentence)
	if g != nil {
		summary = name + " is no longer listed since " + longDate(g.At) + "."
	}
	p.chrome = r.page(w.Path, "repos", name, summary)
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

// BadgeWords is what the badge says.
func (p repoPage) BadgeWords() string {
	b := repositoryBadge(p.Finding)
	return b.label + ": " + b.message
}

// BadgeHTML is the badge with a link to the page, for a README that takes HTML.
func (p repoPage) BadgeHTML() string {
	u := template.HTMLEscapeString(p.Canonical)
	return `<a href="` + u + `"><img src="` + u + `badge.svg" alt="Last human commit"></a>`
}

// commitLine is a commit that the verdict rests on, or that it passed over.
type commitLine struct {
	Date, Headline, URL string
	Words               string // whether it counts
	Counts              bool
}

// commits lists, newest first, those that were not counted, with the reason, and
// last the one that decided.
func (w *row) commits() []commitLine {
	var lines []commitLine
	add := func(oid string, at time.Time, headline, words string, counts bool) {
		headline = cmp.Or(shorten(clean(headline), 100), shortCommit(clean(oid)))
		lines = append(lines, commitLine{isoDate(at), headline, w.commitURL(oid), words, counts})
	}
	if d := w.Detail; d != nil && d.Tip != nil && w.TipIsBot {
		add(d.Tip.OID, d.Tip.CommittedDate, d.Tip.Headline, "not counted: a bot made it", false)
	}
	for _, c := range w.NotCountedCommits {
		add(c.OID, c.CommittedDate, c.Headline, "not counted: "+notCountedWords[c.Why], false)
	}
	if c := cmp.Or(w.DecidingCommit, w.LastHumanCommit); c != nil {
		add(c.OID, c.CommittedDate, c.Headline, "counts: its date decides", true)
	}
	return lines
}

var notCountedWords = map[pipeline.NotCountedReason]string{
	pipeline.BotMerge: "it merges a branch that a bot made",
	pipeline.Campaign: "its author made the same change in many repositories that day",
	pipeline.Notice:   "it says that the repository is retired",
}
