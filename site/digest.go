package site

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// digestLimit bounds a digest in bytes. The body of an issue holds 65,536
// characters, and whoever posts it may add some.
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

// Digests are what further steps of a workflow send on, as files by name:
// report.md, the stale and dormant repositories as the body of an issue;
// digest/OWNER.md, the same for each who answers for some of them; and
// new-stale.json, those that became stale since the run before. Exempt
// repositories are left out. Each Markdown file is under 65,000 characters; a
// mention in it reaches nobody.
func Digests(snap *pipeline.Snapshot, opts Options) (map[string][]byte, error) {
	r := newBrief(snap, opts)
	became := r.becameStale()
	files := map[string][]byte{"report.md": r.digest("", func(*row) bool { return true }, became)}
	byOwner := map[string]bool{}
	for i := range r.rows {
		if w := &r.rows[i]; w.behind() {
			for _, o := range w.answering() {
				byOwner[o] = true
			}
		}
	}
	names := slugs{}
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		files["digest/"+names.slug(owner)+".md"] = r.digest(owner, func(w *row) bool { return slices.Contains(w.answering(), owner) }, became)
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

// waits reports a row that a digest tells of.
func (w *row) waits() bool { return w.behind() && w.Exemption == nil }

// answering are those who answer for a repository.
func (w *row) answering() []string {
	if owners := w.owners(); len(owners) > 0 {
		return owners
	}
	return []string{nobody}
}

// becameStale has the status before, by id, of the repositories that this run
// found to have gone stale. What an earlier run found was sent on by it.
func (r *brief) becameStale() map[string]pipeline.Status {
	from := map[string]pipeline.Status{}
	for _, e := range r.snap.Events {
		i, ok := r.byName[strings.ToLower(e.NameWithOwner)]
		before := pipeline.Status(e.From)
		if ok && e.Date.Equal(r.asOf) && e.Type == pipeline.EventStatus && r.rows[i].waits() && before != pipeline.Stale && before != pipeline.Dormant {
			from[r.rows[i].ID] = before
		}
	}
	return from
}

// digest tells of the rows behind that are chosen, those that became so first,
// then by stars.
func (r *brief) digest(owner string, chosen func(*row) bool, became map[string]pipeline.Status) []byte {
	var sections [3][]*row
	for i := range r.rows {
		w := &r.rows[i]
		if !w.waits() || !chosen(w) {
			continue
		}
		at := 1
		if _, ok := became[w.ID]; ok {
			at = 0
		} else if w.Status == pipeline.Dormant {
			at = 2
		}
		sections[at] = append(sections[at], w)
	}
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	switch owner {
	case "":
		line("**%s**\n", escape(r.finding(&r.whole)))
	case nobody:
		line("Nobody is named as the owner of these repositories. CODEOWNERS, or `ownership` in the configuration, names one.\n")
	default:
		line("Repositories that %s answers for.\n", code(owner))
	}
	line("%s · %s\n", escape(stamp(r.asOf)), plural(len(r.rows), "repository"))
	if url := safeURL(r.opts.BaseURL); url != "" {
		line("[The whole report](<%s>)\n", url)
	}
	left := 0
	for i, rows := range sections {
		if len(rows) == 0 {
			continue
		}
		line("### %s: %s\n", [...]string{"New since the last report", "Stale", "Dormant"}[i], count(len(rows)))
		slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(b.StargazerCount, a.StargazerCount) })
		for _, w := range rows {
			if item := w.item(owner == ""); left > 0 || b.Len()+len(item) > digestLimit {
				left++
			} else {
				b.WriteString(item)
			}
		}
		line("")
	}
	if left > 0 {
		line("And %s more, which the whole report lists.", count(left))
	}
	if left == 0 && sections[0] == nil && sections[1] == nil && sections[2] == nil {
		line("Nothing is stale.")
	}
	return b.Bytes()
}

// item is a row's line in a digest.
func (w *row) item(withOwners bool) string {
	parts := []string{w.markdownLink(w.GitHub()) + ": " + string(w.Status)}
	if w.DecidingCommit != nil {
		parts = append(parts, "last commit that counts "+isoDate(w.DecidingCommit.CommittedDate))
	}
	if owners := w.owners(); withOwners && len(owners) > 0 {
		quoted := make([]string, len(owners))
		for i, o := range owners {
			quoted[i] = code(o)
		}
		parts = append(parts, strings.Join(quoted, " "))
	}
	if w.Suggestion != nil {
		parts = append(parts, unmention(escape(clean(w.Suggestion.Action))))
	}
	return "- " + strings.Join(parts, " · ") + "\n"
}
