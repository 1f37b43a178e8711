package github_test

import (
	"context"
	"errors"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/site"
)

// exitCode is what the command makes of how a survey ended.
func exitCode(err error) int {
	_, suspended := errors.AsType[*durable.Suspension](err)
	switch {
	case err == nil:
		return 0
	case suspended:
		return 3
	}
	return 1
}

// TestWaysOfFailing: what is asked again, what the page says, and the exit code,
// for each way in which an answer can be wrong.
func TestWaysOfFailing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	firsts := make(map[string]*pipeline.Snapshot) // the day before, by the owners
	for name, r := range waysOfFailing() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fail(t, r, firsts) })
		})
	}
}

func fail(t *testing.T, r failing, firsts map[string]*pipeline.Snapshot) {
	world := githubsim.Generate("contoso", 232, 7, day)
	for _, name := range []string{"a", "b", "c"} {
		world.Create(githubsim.Repository{Name: "fabrikam/" + name, Commits: []githubsim.Commit{{CommittedDate: day.AddDate(-1, 0, 0)}}})
	}
	h := newHub(t, world)
	if r.owners != nil {
		h.owners = r.owners
	}
	owners := strings.Join(h.owners, " ")
	if firsts[owners] == nil {
		first, err := h.survey(t.Context(), day)
		if err != nil || first.Run.State != pipeline.Complete {
			t.Fatal(err)
		}
		firsts[owners] = first
	}
	h.prior = firsts[owners]
	var names []string // in the order of the listing
	at := make(map[string]int)
	for _, f := range h.prior.Findings {
		if owner, _ := pipeline.SplitName(f.NameWithOwner); owner == "contoso" {
			at[f.ID] = len(names)
			names = append(names, f.NameWithOwner)
		}
	}
	r.listed += len(names)
	if r.unread < 0 {
		r.unread = r.listed
	}
	if r.rules != nil {
		r.rules(&h.rules)
	}
	if r.faults != nil {
		h.server.SetFaults(r.faults(world, names)...)
	}
	if r.before != nil {
		r.before(world, names)
	}
	h.server.Reset()
	before := len(h.prior.Events)
	ctx := t.Context()
	if r.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.deadline)
		defer cancel()
	}
	out, err := h.survey(ctx, day.AddDate(0, 0, 1))
	if got := exitCode(err); got != r.exit {
		t.Errorf("exit code %d, want %d: %v", got, r.exit, err)
	}
	if got := h.server.Stats().ByKind; !maps.EqualFunc(got, r.asks, func(n, want int) bool { return n == want || n <= -want }) {
		t.Errorf("asked %v, want %v", got, r.asks)
	}
	var reads []int
	for id := range h.server.Asked() {
		if i, ok := at[id]; ok {
			reads = append(reads, i)
		}
	}
	slices.Sort(reads)
	if !slices.Equal(reads, r.reads) {
		t.Errorf("asked for %v, want %v", reads, r.reads)
	}
	snap := out
	if snap == nil {
		if err == nil || !strings.Contains(err.Error(), r.says) {
			t.Errorf("it does not say %q: %v", r.says, err)
		}
		return
	}
	if snap.Run.State != r.state || len(snap.Findings) != r.listed || snap.Run.Counters.Unread != r.unread {
		t.Errorf("%s, %d repositories, %d unread; want %s, %d, %d", snap.Run.State, len(snap.Findings), snap.Run.Counters.Unread, r.state, r.listed, r.unread)
	}
	var unknown []int
	for _, f := range snap.Findings {
		if f.Status == pipeline.Unknown && r.unknown != nil {
			unknown = append(unknown, at[f.ID])
		}
	}
	if !slices.Equal(unknown, r.unknown) {
		t.Errorf("%v are unknown, want %v", unknown, r.unknown)
	}
	if got := len(snap.Events) - before; got != r.events && r.events >= 0 {
		t.Errorf("%d events, want %d: %v", got, r.events, snap.Events)
	}
	if said := pages(t, snap); !strings.Contains(said, r.says) && (err == nil || !strings.Contains(err.Error(), r.says)) {
		t.Errorf("no page says %q: %v, %v", r.says, snap.Notices, err)
	}
	if r.next {
		time.Sleep(time.Minute)
		h.server.SetFaults()
		if out, err := h.survey(t.Context(), day.AddDate(0, 0, 1)); err != nil || out.Run.State != pipeline.Complete {
			t.Errorf("the next start ended with %v", err)
		}
	}
}

var markup = regexp.MustCompile(`<[^>]*>`)

// pages is what the pages of a report say that could tell of a failure: that of
// the run, and those of some repositories that could not be read.
func pages(t *testing.T, snap *pipeline.Snapshot) string {
	few := *snap // the others have their pages in package site's tests
	few.Findings = slices.DeleteFunc(slices.Clone(snap.Findings), func(f pipeline.Finding) bool { return f.ReadError == "" })
	few.Findings = few.Findings[:min(len(few.Findings), 3)]
	var m site.Memory
	if _, err := site.Render(t.Context(), &few, site.Options{}, &m); err != nil {
		t.Fatal(err)
	}
	text := string(m.Files["run/index.html"])
	for _, f := range few.Findings {
		text += string(m.Files["r/"+strings.ToLower(f.NameWithOwner)+"/index.html"])
	}
	return strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(text, ""))), " ")
}
