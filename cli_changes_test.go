package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// changing is a world of two organizations with a repository for each kind of
// change, all last pushed to half a year and a day before the first run.
func changing() *githubsim.World {
	w := githubsim.NewWorld()
	w.AddOrganization("contoso")
	w.AddOrganization("fabrikam")
	for _, name := range []string{"pushed", "bot-pushed", "branch-pushed", "archived", "renamed", "transferred", "deleted", "rebased", "still"} {
		at := day.AddDate(0, -6, -1)
		w.Create(githubsim.Repository{
			Name: "contoso/" + name, CreatedAt: at.AddDate(-1, 0, 0), DefaultBranch: "main",
			Commits:  []githubsim.Commit{{CommittedDate: at}},
			Branches: []githubsim.Branch{{Name: "next", Commits: []githubsim.Commit{{CommittedDate: at.Add(-time.Hour)}}}},
		})
	}
	return w
}

func TestADayOfEveryChange(t *testing.T) {
	t.Parallel()
	world := changing()
	w := newWorkspace(t, world)
	w.ok("run", "contoso", "fabrikam", "--as-of", day.Format(time.RFC3339))
	if n := len(w.events()); n != 0 {
		t.Errorf("%d events on the first day, want none", n)
	}
	before := w.lines()

	at := day.Add(5 * time.Hour)
	world.Push("contoso/pushed", at)
	world.BotPush("contoso/bot-pushed", at)
	world.PushBranch("contoso/branch-pushed", "feature", at)
	world.Archive("contoso/archived", at)
	world.Rename("contoso/renamed", "has-a-new-name", at)
	world.Transfer("contoso/transferred", "fabrikam", at)
	world.Delete("contoso/deleted")
	world.ChangeDefaultBranch("contoso/rebased", "next", at)
	world.Create(githubsim.Repository{Name: "contoso/created", CreatedAt: at, DefaultBranch: "main", Commits: []githubsim.Commit{{CommittedDate: at}}})
	w.server.Reset()
	w.ok("run", "contoso", "fabrikam", "--as-of", day.AddDate(0, 0, 1).Format(time.RFC3339))

	want := []event{
		{"archived", "contoso/archived", "", ""},
		{"gone", "contoso/deleted", "", ""},
		{"new", "contoso/created", "", ""},
		{"renamed", "contoso/has-a-new-name", "contoso/renamed", "contoso/has-a-new-name"},
		{"status", "contoso/pushed", "active", "fresh"},
		{"transferred", "fabrikam/transferred", "contoso/transferred", "fabrikam/transferred"},
	}
	got := w.events()
	slices.SortFunc(got, func(a, b event) int { return strings.Compare(a.Type, b.Type) })
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("events:\n got %v\nwant %v", got, want)
	}

	after := w.lines()
	if a, b := before["contoso/bot-pushed"], after["contoso/bot-pushed"]; b.LastCommit.OID == a.LastCommit.OID || b.LastHumanCommit.OID != a.LastHumanCommit.OID || b.Status != "active" {
		t.Errorf("a bot's push: before %+v, after %+v", a, b)
	}
	if a, b := before["contoso/rebased"], after["contoso/rebased"]; b.LastCommit.OID == a.LastCommit.OID {
		t.Error("another default branch did not change the tip")
	}
	if a, b := before["contoso/branch-pushed"], after["contoso/branch-pushed"]; b.LastCommit.OID != a.LastCommit.OID {
		t.Error("a push to another branch changed the tip")
	}
	if _, ok := after["contoso/deleted"]; ok {
		t.Error("a deleted repository is still listed")
	}
	asked := w.server.Asked()
	for _, name := range []string{"contoso/archived", "contoso/has-a-new-name", "contoso/still"} {
		if asked[world.ID(name)] != 0 {
			t.Errorf("%s was asked for, although nothing was pushed to it", name)
		}
	}
}

// TestChangedRulesAreOneEvent: another tier moves many repositories, and is told
// once.
func TestChangedRulesAreOneEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	w := newWorkspace(t, githubsim.Generate("contoso", 80, 9, day))
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	before := w.summary()
	file := w.path("stalewatch.yml")
	if err := os.WriteFile(file, []byte("tiers: {fresh: 1mo, active: 2mo, aging: 3mo, stale: 8y}\nbots: ['Nobody At All']\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.ok("run", "contoso", "--config", file, "--as-of", day.AddDate(0, 0, 1).Format(time.RFC3339))
	if after := w.summary(); after.Counts["stale"] <= before.Counts["stale"] {
		t.Fatalf("the tiers changed nothing: %v, %v", before.Counts, after.Counts)
	}
	if got := w.events(); len(got) != 1 || got[0].Type != "rules-changed" || got[0].NameWithOwner != "" {
		t.Errorf("events: %v, want one rules-changed", got)
	}
}

// TestUnreadRepositories: a repository that GitHub cannot answer for ends as
// unknown with its reason and harms nobody else.
func TestUnreadRepositories(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world := githubsim.Generate("contoso", 120, 3, day)
	w := newWorkspace(t, world)
	poison := world.Names("contoso")[17]
	w.server.SetFaults(githubsim.Fault{
		When:    []githubsim.Condition{githubsim.AsksFor(world.ID(poison))},
		Effects: []githubsim.Effect{githubsim.Timeout(502)},
	})
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	lines, s := w.lines(), w.summary()
	if l := lines[poison]; l.Status != "unknown" || l.ReadError == nil || l.AgeDays != nil {
		t.Errorf("the poisoned repository: %+v", l)
	}
	if s.Counts["unknown"] != 1 || s.Run.State != "partial" || s.Run.Unread != 1 || s.Run.Retries["timeout"] == 0 {
		t.Errorf("summary: %+v", s)
	}

	// It is asked for again when the failed part is run again.
	w.server.SetFaults()
	w.server.Reset()
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339), "--rerun", "failed")
	if s := w.summary(); s.Run.State != "complete" || s.Counts["unknown"] != 0 {
		t.Errorf("after a rerun: %+v", s)
	}
	if ids := w.server.Stats().IDs; ids > 12 {
		t.Errorf("a rerun of what failed asked by %d ids, want those of one repository: tip, tree, files, counts, and a few commits", ids)
	}
}
