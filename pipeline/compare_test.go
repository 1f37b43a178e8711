package pipeline_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// world is a set of repositories that changes from day to day.
type world struct {
	t     *testing.T
	rules pipeline.Rules
	repos map[string]pipeline.Repository // by ID
	// last is what the runs so far remember.
	last pipeline.Baseline
}

func newWorld(t *testing.T, repos ...pipeline.Repository) *world {
	w := &world{t: t, rules: pipeline.DefaultRules(), repos: map[string]pipeline.Repository{}}
	for _, r := range repos {
		w.repos[r.ID] = r
	}
	return w
}

// run surveys the world as it is and returns what happened.
func (w *world) run(day string) pipeline.Changes {
	w.t.Helper()
	p, err := verdict.NewPolicy(w.rules)
	if err != nil {
		w.t.Fatal(err)
	}
	asOf := at(w.t, day)
	var repos []pipeline.Repository
	for _, r := range w.repos {
		if w.rules.Include.Covers(r) {
			repos = append(repos, r)
		}
	}
	findings := p.Judge(repos, asOf)
	slices.SortFunc(findings, func(a, b pipeline.Finding) int { return pipeline.CompareNames(a.NameWithOwner, b.NameWithOwner) })
	c := pipeline.Compare(p, w.last, findings, asOf)
	w.last = pipeline.Baseline{AsOf: asOf, Rules: w.rules, RuleVersion: p.Version(), Findings: c.Findings, Events: c.Events, Tombstones: c.Tombstones}
	return c
}

func (w *world) change(id string, change func(*pipeline.Repository)) {
	r := w.repos[id]
	if r.Detail != nil {
		r.Detail = new(*r.Detail)
	}
	change(&r)
	w.repos[id] = r
}

func (w *world) finding(id string) pipeline.Finding {
	w.t.Helper()
	for _, f := range w.last.Findings {
		if f.ID == id {
			return f
		}
	}
	w.t.Fatalf("%s is not listed", id)
	return pipeline.Finding{}
}

// told writes the events of the last run as lines.
func (w *world) told() []string {
	var lines []string
	for _, e := range w.last.Events {
		if e.Date.Equal(w.last.AsOf) {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s>%s", e.Type, e.NameWithOwner, e.From, e.To)))
		}
	}
	return lines
}

func (w *world) expect(want ...string) {
	w.t.Helper()
	if got := w.told(); !slices.Equal(got, want) {
		w.t.Errorf("as of %s these happened:\n  %s\nwant:\n  %s", w.last.AsOf.Format(time.DateOnly), strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func repository(t *testing.T, id, name, committed string, changes ...func(*pipeline.Repository)) pipeline.Repository {
	return sample(t, committed, append([]func(*pipeline.Repository){func(r *pipeline.Repository) {
		r.ID, r.NameWithOwner, r.PushedAt = id, name, new(at(t, committed))
	}}, changes...)...)
}

func TestCompareFirstRunHasNoEvents(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2026-01-01"))
	c := w.run("2026-11-22")
	if len(c.Events) != 0 || len(c.Tombstones) != 0 {
		t.Errorf("events %v, tombstones %v", c.Events, c.Tombstones)
	}
	if f := w.finding("1"); !f.StatusSince.Equal(at(t, "2026-11-22")) || f.PreviousStatus != nil {
		t.Errorf("since %s, before %v", f.StatusSince, f.PreviousStatus)
	}
}

func TestCompareTellsEachThingOnce(t *testing.T) {
	day := "2026-11-22"
	w := newWorld(t,
		repository(t, "same", "a/same", "2026-01-01"),
		repository(t, "age", "a/becomes-stale", "2024-11-23"),
		repository(t, "revived", "a/revived", "2020-01-01"),
		repository(t, "archived", "a/archived", "2020-01-01"),
		repository(t, "unarchived", "a/unarchived", "2026-11-01", func(r *pipeline.Repository) { r.IsArchived = true }),
		repository(t, "gone", "a/gone", "2026-01-01"),
		repository(t, "renamed", "a/renamed", "2026-01-01"),
		repository(t, "cased", "a/cased", "2026-01-01"),
		repository(t, "moved", "a/moved", "2026-01-01"),
		repository(t, "old", "a/again", "2026-01-01"),
		repository(t, "owner", "a/owner", "2026-01-01", withCodeowners("* @ada @b")),
		repository(t, "order", "a/order", "2026-01-01", withCodeowners("* @ada @b")),
		repository(t, "exempt", "a/exempt", "2026-01-01"),
		repository(t, "expired", "a/expired", "2026-01-01", withDescription("stalewatch: keep until 2026-11-22, x")),
		repository(t, "filled", "a/filled", "2026-11-23", func(r *pipeline.Repository) { r.IsEmpty = true }),
	)
	w.run(day)
	w.repos["new"] = repository(t, "new", "a/new", "2026-11-22")
	w.repos["again"] = repository(t, "again", "a/again", "2026-11-22")
	delete(w.repos, "gone")
	delete(w.repos, "old")
	w.change("revived", func(r *pipeline.Repository) {
		r.PushedAt = new(at(t, "2026-11-22"))
		r.Detail.Tip = commit(t, "c2", "2026-11-22", "Ada", false)
	})
	w.change("archived", func(r *pipeline.Repository) { r.IsArchived = true })
	w.change("unarchived", func(r *pipeline.Repository) { r.IsArchived = false })
	w.change("renamed", named("A/other"))
	w.change("cased", named("a/CASED"))
	w.change("moved", named("b/moved"))
	w.change("owner", withCodeowners("* @grace"))
	w.change("order", withCodeowners("* @B @Ada"))
	w.change("exempt", withTopics("stalewatch-keep"))
	w.change("filled", func(r *pipeline.Repository) { r.IsEmpty = false })

	c := w.run("2026-11-23")
	want := []string{
		"archived a/archived >",
		"exempted a/exempt >topic stalewatch-keep",
		"exemption-expired a/expired description>",
		"gone a/again >",
		"gone a/gone >",
		"new a/again >",
		"new a/new >",
		"owner a/owner @ada, @b>@grace",
		"renamed a/CASED a/cased>a/CASED",
		"renamed A/other a/renamed>A/other",
		"status a/becomes-stale aging>stale",
		"status a/filled empty>fresh",
		"status a/revived dormant>fresh",
		"transferred b/moved a/moved>b/moved",
		"unarchived a/unarchived >",
	}
	w.expect(want...)

	var graves []string
	for _, s := range c.Tombstones {
		graves = append(graves, s.NameWithOwner+">"+s.MovedTo)
	}
	if want := []string{"a/gone>", "a/moved>b/moved", "a/renamed>A/other"}; !slices.Equal(graves, want) {
		t.Errorf("tombstones %q, want %q", graves, want)
	}

	w.run("2026-11-24")
	w.expect()
	if len(w.last.Events) != len(want) {
		t.Errorf("%d events are remembered, want %d", len(w.last.Events), len(want))
	}
}

func TestCompareRemembersStatus(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2024-11-23"))
	check := func(status pipeline.Status, since string, before pipeline.Status) {
		t.Helper()
		f := w.finding("1")
		var previous pipeline.Status
		if f.PreviousStatus != nil {
			previous = *f.PreviousStatus
		}
		if f.Status != status || !f.StatusSince.Equal(at(t, since)) || previous != before {
			t.Errorf("%s since %s, before %q; want %s since %s, before %q", f.Status, f.StatusSince.Format(time.DateOnly), previous, status, since, before)
		}
	}
	unreadable := func(yes bool) {
		w.change("1", func(r *pipeline.Repository) {
			r.ReadError = ""
			if yes {
				r.ReadError, r.Detail = "timeout", nil
			} else if r.Detail == nil {
				r.Detail = sample(t, "2024-11-23").Detail
			}
		})
	}
	w.run("2026-11-20")
	check(pipeline.Aging, "2026-11-20", "")
	w.run("2026-11-21")
	check(pipeline.Aging, "2026-11-20", "")
	w.run("2026-11-23")
	check(pipeline.Stale, "2026-11-23", pipeline.Aging)
	w.expect("status a/a aging>stale")
	w.run("2026-11-24")
	check(pipeline.Stale, "2026-11-23", pipeline.Aging)

	unreadable(true)
	w.run("2026-11-25")
	check(pipeline.Unknown, "2026-11-25", pipeline.Stale)
	w.expect()
	w.run("2026-11-26")
	check(pipeline.Unknown, "2026-11-25", pipeline.Stale)
	unreadable(false)
	w.run("2026-11-27")
	check(pipeline.Stale, "2026-11-23", pipeline.Aging)
	w.expect()
	if w.finding("1").LastKnown != nil {
		t.Error("a readable finding still carries what was last known")
	}

	unreadable(true)
	w.run("2026-11-28")
	unreadable(false)
	w.change("1", func(r *pipeline.Repository) {
		r.PushedAt, r.Detail.Tip = new(at(t, "2026-11-28")), commit(t, "c9", "2026-11-28", "Ada", false)
	})
	w.run("2026-11-29")
	check(pipeline.Fresh, "2026-11-29", pipeline.Stale)
	w.expect("status a/a stale>fresh")
}

func TestCompareUnreadable(t *testing.T) {
	w := newWorld(t,
		repository(t, "archived", "a/archived", "2020-01-01", withCodeowners("* @ada"), withDescription("stalewatch: keep, x")),
		repository(t, "new", "a/new", "2020-01-01"))
	w.change("new", func(r *pipeline.Repository) { r.Detail, r.ReadError = nil, "timeout" })
	w.run("2026-11-20")

	// Archived while it cannot be read: told when it happens, and not again.
	w.change("archived", func(r *pipeline.Repository) { r.Detail, r.ReadError, r.IsArchived = nil, "timeout", true })
	w.run("2026-11-21")
	w.expect("archived a/archived >")
	w.change("archived", func(r *pipeline.Repository) {
		r.ReadError, r.Detail = "", sample(t, "2020-01-01", withCodeowners("* @ada")).Detail
	})
	w.change("new", func(r *pipeline.Repository) { r.ReadError, r.Detail = "", sample(t, "2020-01-01").Detail })
	w.run("2026-11-22")
	w.expect()
}

func TestCompareChangeOfRules(t *testing.T) {
	var repos []pipeline.Repository
	for i := range 50 {
		repos = append(repos, repository(t, fmt.Sprint(i), fmt.Sprintf("a/r%02d", i), "2025-06-01"))
	}
	repos = append(repos,
		repository(t, "pushed", "a/pushed", "2025-06-01"),
		repository(t, "fork", "a/fork", "2025-06-01", func(r *pipeline.Repository) { r.IsFork = true }),
		repository(t, "bot", "a/bot", "2026-11-01", func(r *pipeline.Repository) { r.Detail.Tip.Author.Name = new("Azure Samples Bot") }),
		repository(t, "bot-pushed", "a/bot-pushed", "2026-11-01", func(r *pipeline.Repository) { r.Detail.Tip.Author.Name = new("Azure Samples Bot") }))
	w := newWorld(t, repos...)
	w.run("2026-11-20")
	before := w.last.RuleVersion

	w.rules.Tiers = pipeline.Tiers{Fresh: pipeline.Span{Days: 30}, Active: pipeline.Span{Days: 60}, Aging: pipeline.Span{Days: 90}, Stale: pipeline.Span{Years: 9}}
	w.rules.Bots = []string{"azure samples bot"}
	w.rules.Include.Forks = false
	w.rules.Exemptions = []pipeline.ExemptionRule{{Match: "r0*", Reason: "x"}}
	w.rules.Ownership = []pipeline.OwnershipRule{{Match: "*", Owner: "@all"}}
	w.change("pushed", func(r *pipeline.Repository) {
		r.PushedAt, r.Detail.Tip = new(at(t, "2026-11-20")), commit(t, "p", "2026-11-20", "Ada", false)
	})
	p, _ := verdict.NewPolicy(w.rules)
	search := &pipeline.Search{People: []pipeline.Commit{*commit(t, "h", "2021-01-01", "Ada", false)}, Commits: 25, BotCommits: 1, Revision: p.Search(nil, true, time.Time{}).Revision}
	w.change("bot", func(r *pipeline.Repository) { r.Detail.Search = search })
	w.change("bot-pushed", func(r *pipeline.Repository) {
		r.PushedAt, r.Detail.Search = new(at(t, "2026-11-20")), search
		r.Detail.Tip = commit(t, "q", "2026-11-20", "Azure Samples Bot", false)
	})
	w.run("2026-11-21")
	w.expect(
		"rules-changed  "+before+">"+w.last.RuleVersion,
		"status a/pushed stale>fresh", // stale by the new rules before the push
	)
	if f := w.finding("0"); f.Status != pipeline.Stale || !f.StatusSince.Equal(at(t, "2026-11-21")) || *f.PreviousStatus != pipeline.Aging || f.Exemption == nil {
		t.Errorf("the new rules did not judge: %s since %s", f.Status, f.StatusSince)
	}
	if len(w.last.Tombstones) != 0 {
		t.Errorf("tombstones of what is only left out: %v", w.last.Tombstones)
	}

	w.rules.Include.Forks = true
	w.run("2026-11-22")
	if got := w.told(); len(got) != 1 || !strings.HasPrefix(got[0], "rules-changed") {
		t.Errorf("taking forks in again told %q", got)
	}
}

// A program that reads more than the one before does not make news of it.
func TestCompareChangeOfReading(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2026-01-01"))
	w.run("2026-11-20")
	w.change("1", func(r *pipeline.Repository) { r.Detail.Revision = "r2"; r.Detail.Codeowners = new("* @ada") })
	w.run("2026-11-21")
	w.expect()
	w.change("1", withCodeowners("* @grace"))
	w.run("2026-11-22")
	w.expect("owner a/a @ada>@grace")
}

func TestCompareTombstonesFollow(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/one", "2026-01-01"), repository(t, "2", "a/two", "2026-01-01"))
	w.run("2026-11-20")
	w.change("1", named("a/uno"))
	delete(w.repos, "2")
	w.run("2026-11-21")
	w.change("1", named("a/ein"))
	w.run("2026-11-22")
	where := map[string]string{}
	for _, s := range w.last.Tombstones {
		where[s.NameWithOwner] = s.MovedTo
	}
	if want := map[string]string{"a/one": "a/ein", "a/uno": "a/ein", "a/two": ""}; !reflect.DeepEqual(where, want) {
		t.Errorf("tombstones %v, want %v", where, want)
	}
	w.repos["3"] = repository(t, "3", "A/ONE", "2026-11-22") // the name is taken again
	w.repos["2"] = repository(t, "2", "a/two", "2026-11-22") // restored
	w.run("2026-11-23")
	w.expect("new A/ONE >", "new a/two >")
	if len(w.last.Tombstones) != 1 || w.last.Tombstones[0].NameWithOwner != "a/uno" {
		t.Errorf("tombstones %v", w.last.Tombstones)
	}
}

func TestCompareTombstonesEnd(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/one", "2026-01-01"), repository(t, "2", "a/two", "2026-01-01"))
	w.run("2026-03-01")
	delete(w.repos, "2")
	w.run("2026-03-02")
	for _, tt := range []struct {
		day  string
		want int
	}{{"2027-03-01", 1}, {"2027-03-02", 1}, {"2027-03-03", 1}, {"2027-03-04", 0}} {
		if w.run(tt.day); len(w.last.Tombstones) != tt.want {
			t.Errorf("on %s there are %d tombstones, want %d", tt.day, len(w.last.Tombstones), tt.want)
		}
	}
}

// TestCompareAfterARunInTheFuture: a wrong date takes nothing from the days that
// are right, and what it told does not stay.
func TestCompareAfterARunInTheFuture(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2026-01-01"), repository(t, "2", "a/b", "2026-01-01"))
	w.run("2026-03-01")
	delete(w.repos, "2")
	w.run("2026-03-02")
	w.repos["3"] = repository(t, "3", "a/c", "2026-01-01")
	w.run("2036-01-01")
	w.run("2026-03-03")
	gone := pipeline.Event{Date: at(t, "2026-03-02"), Type: pipeline.EventGone, NameWithOwner: "a/b"}
	if !slices.Contains(w.last.Events, gone) || len(w.last.Tombstones) != 1 {
		t.Errorf("after a run in the future there are %v and %d tombstones", w.last.Events, len(w.last.Tombstones))
	}
	for _, e := range w.last.Events {
		if e.Date.After(w.last.AsOf) {
			t.Errorf("what a run in the future told stays: %v", e)
		}
	}
}

func TestCompareKeepsEventsNinetyDays(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2026-01-01"))
	w.run("2026-03-01")
	w.repos["2"] = repository(t, "2", "a/b", "2026-01-01")
	w.run("2026-03-02")
	for day, want := range map[string]int{"2026-05-31": 1, "2026-06-01": 0} {
		later := *w
		later.run(day)
		snap := pipeline.Snapshot{Run: pipeline.Run{AsOf: later.last.AsOf}, Events: later.last.Events}
		events := slices.DeleteFunc(snap.RecentEvents(), func(e pipeline.Event) bool { return e.Type != pipeline.EventNew })
		if len(events) != want {
			t.Errorf("on %s %d events are recent, want %d", day, len(events), want)
		}
		later.run("2026-09-30")
		if later.run("2026-10-01"); slices.ContainsFunc(later.last.Events, func(e pipeline.Event) bool { return e.NameWithOwner == "a/b" && e.Type == pipeline.EventNew }) {
			t.Errorf("after %s an event of March is kept for ever", day)
		}
	}
}

func TestCompareChangesNothingItIsGiven(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2024-11-23"), repository(t, "2", "a/b", "2026-01-01"))
	w.run("2026-11-20")
	before := w.last
	findings, events := slices.Clone(before.Findings), slices.Clone(before.Events)
	p := mustPolicy(t, nil)
	current := []pipeline.Finding{judge(p, w.repos["1"], at(t, "2026-11-24"))}
	judged := slices.Clone(current)
	pipeline.Compare(p, before, current, at(t, "2026-11-24"))
	if !reflect.DeepEqual(before.Findings, findings) || !reflect.DeepEqual(before.Events, events) || !reflect.DeepEqual(current, judged) {
		t.Error("comparing changed its arguments")
	}
}

// When the rules change what counts as a bot and the tip moves the same day,
// nobody can tell which of the two changed the status.
func TestCompareChangeOfBotsAndTip(t *testing.T) {
	search := func(revision string) func(*pipeline.Repository) {
		return behindBot(t, "2026-11-01", &pipeline.Search{People: []pipeline.Commit{*commit(t, "h", "2021-01-01", "Ada", false)}, Commits: 25, BotCommits: 1, Revision: revision})
	}
	w := newWorld(t, repository(t, "1", "a/a", "2026-11-01", search(mustPolicy(t, nil).Search(nil, true, time.Time{}).Revision)))
	w.run("2026-11-20")
	w.rules.Bots = []string{"new bot"}
	w.change("1", func(r *pipeline.Repository) {
		r.PushedAt, r.Detail.Tip, r.Detail.Search = new(at(t, "2026-11-20")), commit(t, "n", "2026-11-20", "Ada", false), nil
	})
	w.run("2026-11-21")
	if got := w.told(); len(got) != 1 || !strings.HasPrefix(got[0], "rules-changed") {
		t.Errorf("told %q", got)
	}
	if f := w.finding("1"); f.Status != pipeline.Fresh || *f.PreviousStatus != pipeline.Dormant {
		t.Errorf("%s after %v", f.Status, f.PreviousStatus)
	}
}

// The facts of an earlier run still tell what the new rules would have made of
// a repository that the last run could not read.
func TestCompareChangeOfRulesWhileUnreadable(t *testing.T) {
	w := newWorld(t, repository(t, "1", "a/a", "2024-11-01"))
	w.run("2026-11-19")
	w.change("1", func(r *pipeline.Repository) { r.ReadError = "timeout" })
	w.run("2026-11-20")
	w.rules.Tiers.Stale = pipeline.Span{Years: 3}
	w.rules.Tiers.Aging = pipeline.Span{Days: 400}
	w.change("1", func(r *pipeline.Repository) {
		r.ReadError, r.PushedAt, r.Detail.Tip = "", new(at(t, "2026-11-20")), commit(t, "n", "2026-11-20", "Ada", false)
	})
	before := w.last.RuleVersion
	w.run("2026-11-21")
	w.expect("rules-changed  "+before+">"+w.last.RuleVersion, "status a/a stale>fresh")
}

// Letting campaigns count, and again not, is one event each: the statuses that
// move by it alone are none.
func TestCompareTurningARuleOnAndOff(t *testing.T) {
	var repos []pipeline.Repository
	for i := range 5 {
		repos = append(repos, repository(t, fmt.Sprint(i), fmt.Sprint("a/r", i), "2026-11-01", func(r *pipeline.Repository) {
			small := commit(t, "c", "2026-11-01", "Casey", false)
			small.OID, small.Headline, small.Size = fmt.Sprint("c", i), "Update README.md", &pipeline.CommitSize{ChangedFiles: 1, Additions: 1}
			r.Detail.Tip = small
			r.Detail.Search = &pipeline.Search{People: []pipeline.Commit{*small, *commit(t, "h", "2021-01-01", "Ada", false)}, Recent: 2, Commits: 10, Exhausted: true}
		}))
	}
	w := newWorld(t, repos...)
	w.run("2026-11-20")
	if f := w.finding("1"); f.Status != pipeline.Dormant || len(f.NotCountedCommits) != 1 {
		t.Fatalf("%s, not counted %v", f.Status, f.NotCountedCommits)
	}
	for _, step := range []struct {
		day    string
		counts bool
		want   pipeline.Status
	}{{"2026-11-21", true, pipeline.Fresh}, {"2026-11-22", false, pipeline.Dormant}} {
		before := w.last.RuleVersion
		w.rules.Count.Campaigns = step.counts
		w.run(step.day)
		w.expect("rules-changed  " + before + ">" + w.last.RuleVersion)
		if f := w.finding("1"); f.Status != step.want {
			t.Errorf("with campaigns counting %t it is %s, want %s", step.counts, f.Status, step.want)
		}
	}
}
