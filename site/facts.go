package site

import (
	"cmp"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// fact is one line of a table of facts.
type fact struct {
	Label, Value, URL string
	Detail            string // after the value, muted
}

// facts lists what is known of a repository, the most telling first, and what is
// missing where that says something.
func (r *brief) facts(w *row) []fact {
	facts := []fact{w.commitFact("Last human commit", w.LastHumanCommit)}
	add := func(label, value, detail string) {
		if value != "" {
			facts = append(facts, fact{Label: label, Value: value, Detail: detail})
		}
	}
	d := w.Detail
	if d != nil && w.TipIsBot {
		facts = append(facts, w.commitFact("Last bot commit", d.Tip))
	}
	if w.PushedAt != nil {
		add("Last push, any branch", isoDate(*w.PushedAt), ago(*w.PushedAt, w.asOf))
	}
	if d != nil {
		if b := d.ActiveBranch; b != nil {
			add("Newest other branch", clean(b.Name), isoDate(b.CommittedDate)+", "+ago(b.CommittedDate, w.asOf))
		}
		facts = append(facts, w.releaseFact(), w.countFact("Open issues", d.OpenIssueCount, "/issues"), w.countFact("Open pull requests", d.OpenPullRequestCount, "/pulls"))
		if w.Parent != nil {
			facts = append(facts, w.parentFact(r.hostPrefix()))
		}
	}
	add("Stars and forks", count(w.StargazerCount)+" · "+count(w.ForkCount), "")
	add("Kind", w.kinds(), "")
	if owners := w.owners(); len(owners) > 0 {
		add("Owner", clean(strings.Join(owners, ", ")), "")
	} else {
		add("Owner", nobody, r.ownerless())
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
		facts = append(facts, fact{clean(f.Label), clean(f.Value), secureURL(f.URL), clean(f.Source)})
	}
	if d != nil && !d.ReadAt.IsZero() && d.ReadAt.Before(w.asOf) {
		add("Read", isoDate(d.ReadAt), "carried over: no push since")
	}
	return facts
}

// ownerless says where an owner would stand.
func (r *brief) ownerless() string {
	words := "no CODEOWNERS line for *, no ownership rule"
	if name := r.snap.Rules.OwnerProperty; name != "" {
		words = "no custom property " + name + ", " + words
	}
	return words
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

func (w *row) commitFact(label string, c *pipeline.Commit) fact {
	if c == nil {
		return fact{Label: label, Value: "none found"}
	}
	f := fact{Label: label, Value: isoDate(c.CommittedDate), URL: w.commitURL(c.OID)}
	switch {
	case c.CommittedDate.After(w.asOf.Add(24 * time.Hour)): // a report on the past may see later commits
		f.Detail = "in the future: a clock was wrong"
	case c.CommittedDate.After(w.asOf):
		f.Detail = "later than this report"
	default:
		f.Detail = ago(c.CommittedDate, w.asOf)
	}
	if who := clean(cmp.Or(deref(notMail(c.Author.Login)), deref(notMail(c.Author.Name)))); who != "" {
		f.Detail += " by " + who
	}
	return f
}

// commitURL is the address of a commit; "" for one without a name.
func (w *row) commitURL(oid string) string {
	if oid == "" {
		return ""
	}
	return safeURL(w.URL + "/commit/" + oid)
}

func (w *row) releaseFact() fact {
	release := w.LatestRelease
	if release == nil {
		return fact{Label: "Latest release", Value: "none"}
	}
	f := fact{Label: "Latest release", Value: clean(release.TagName), URL: safeURL(w.URL + "/releases/latest")}
	if at := release.PublishedAt; at != nil {
		f.Detail = isoDate(*at) + ", " + ago(*at, w.asOf)
	}
	return f
}

// countFact tells a count, and its date when it is older than a week.
func (w *row) countFact(label string, n int, page string) fact {
	f := fact{Label: label, Value: count(n), URL: safeURL(w.URL + page)}
	switch at := w.Detail.CountsAt; {
	case at.IsZero():
		f.Value = "not counted yet"
	case w.asOf.Sub(at) > 7*24*time.Hour:
		f.Detail = "as of " + isoDate(at)
	}
	return f
}

// parentFact tells what a fork was made from, on the host whose addresses begin so.
func (w *row) parentFact(host string) fact {
	p := w.Parent
	f := fact{Label: "Forked from", Value: clean(p.NameWithOwner), URL: safeURL(host + p.NameWithOwner)}
	switch {
	case p.IsArchived:
		f.Detail = "archived"
	case p.PushedAt != nil:
		f.Detail = "pushed " + ago(*p.PushedAt, w.asOf)
	}
	return f
}
