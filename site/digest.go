package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// digestLimit bounds a digest in bytes. The body of an issue holds 65,536
// characters, which leaves room for what a workflow adds.
const digestLimit = 60_000

// newStale is new-stale.json.
type newStale struct {
	SchemaVersion int                  `json:"schemaVersion"`
	AsOf          time.Time            `json:"asOf"`
	Since         *time.Time           `json:"since"` // asOf of the run before; null on a first run
	Repositories  []newStaleRepository `json:"repositories"`
}

type newStaleRepository struct {
	NameWithOwner  string          `json:"nameWithOwner"`
	URL            string          `json:"url"`
	Status         pipeline.Status `json:"status"`
	PreviousStatus pipeline.Status `json:"previousStatus"`
	DecidingCommit *time.Time      `json:"decidingCommit"` // its date; null when no commit decided
	Owners         []string        `json:"owners"`
}

// Digests returns files, by name, for later steps of a workflow to send on:
// report.md, the worklist as the body of an issue, in the overview's groups and
// words; digest/OWNER.md, the same for one owner; and new-stale.json, the
// repositories that became stale since the run before. Each Markdown file has
// fewer than 65,000 characters and mentions nobody in a way that notifies.
func Digests(snap *pipeline.Snapshot, opts Options) (map[string][]byte, error) {
	r := newBrief(snap, opts)
	became := r.becameStale()
	files := map[string][]byte{"report.md": r.digest(&r.whole, became)}
	byOwner := map[string][]int32{}
	for i := range r.rows {
		if w := &r.rows[i]; w.step != "" {
			for _, o := range w.answering() {
				byOwner[o] = append(byOwner[o], int32(i))
			}
		}
	}
	names := slugs{}
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		name := names.slug(owner)
		v := newView(r.rows, "owners/"+name+"/", owner, "", byOwner[owner])
		files["digest/"+name+".md"] = r.digest(&v, became)
	}
	list := newStale{SchemaVersion: SchemaVersion, AsOf: r.asOf, Repositories: []newStaleRepository{}}
	for _, h := range snap.History {
		if h.AsOf.Before(r.asOf) {
			list.Since = &h.AsOf
		}
	}
	for i := range r.rows {
		w := &r.rows[i]
		if from, ok := became[w.ID]; ok {
			item := newStaleRepository{NameWithOwner: w.NameWithOwner, URL: w.URL, Status: w.Status, PreviousStatus: from, Owners: w.owners()}
			if w.DecidingCommit != nil {
				item.DecidingCommit = &w.DecidingCommit.CommittedDate
			}
			list.Repositories = append(list.Repositories, item)
		}
	}
	b, err := json.MarshalIndent(list, "", "  ")
	files["new-stale.json"] = append(b, '\n')
	return files, err
}

// answering are those who answer for a repository.
func (w *row) answering() []string {
	if owners := w.owners(); len(owners) > 0 {
		return owners
	}
	return []string{nobody}
}

// becameStale maps the ids of the repositories that this run found gone stale to
// their status before. Earlier runs sent on what they found themselves.
func (r *brief) becameStale() map[string]pipeline.Status {
	from := map[string]pipeline.Status{}
	for _, e := range r.snap.Events {
		i, ok := r.byName[strings.ToLower(e.NameWithOwner)]
		before := pipeline.Status(e.From)
		if ok && e.Date.Equal(r.asOf) && e.Type == pipeline.EventStatus && r.rows[i].behind() && r.rows[i].Exemption == nil && !isBehind(before) {
			from[r.rows[i].ID] = before
		}
	}
	return from
}

// digest is a view's worklist.
func (r *brief) digest(v *view, became map[string]pipeline.Status) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch v.owner {
	case "":
		line("**%s**\n", escape(r.finding(v)))
	case nobody:
		line("Nobody is named as the owner of these repositories. CODEOWNERS, or `ownership` in the configuration, names one.\n")
	default:
		line("Repositories that %s answers for.\n", code(v.owner))
	}
	line("%s · %s\n", escape(stamp(r.asOf)), pipeline.Plural(len(v.rows), "repository"))
	if url := safeURL(r.opts.BaseURL); url != "" {
		line("[The whole report](<%s>)\n", url)
	}
	groups, left := r.groups(v), 0
	for _, g := range groups {
		line("### %s: %s%s\n\n%s\n", escape(g.Title), count(g.Count), g.markdownChange(), escape(g.Why))
		for _, i := range g.rows {
			w := &r.rows[i]
			item := "- " + w.markdown()
			if _, ok := became[w.ID]; ok {
				item += ", new"
			}
			if left > 0 || b.Len()+len(item) > digestLimit {
				left++
			} else {
				line("%s", item)
			}
		}
		line("")
	}
	switch {
	case left > 0:
		line("And %s more, which the whole report lists.", count(left))
	case len(groups) == 0:
		line("%s", nothingToDo)
	}
	return b.Bytes()
}
