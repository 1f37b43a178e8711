package site_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// TestStripLooksBackOnWhatTheStoreKept: changes of status that are older than
// any event stand in a repository's strip.
func TestStripLooksBackOnWhatTheStoreKept(t *testing.T) {
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	human := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	main, previous, age := "main", pipeline.Archived, 265
	snap := &pipeline.Snapshot{
		Run:   pipeline.Run{ID: "2026-11-22/contoso", Scope: "contoso", Owners: []string{"contoso"}, AsOf: asOf, State: pipeline.Complete},
		Rules: pipeline.DefaultRules(),
		Findings: []pipeline.Finding{{
			Repository: pipeline.Repository{
				ID: "R_1", NameWithOwner: "contoso/sample", URL: "https://github.com/contoso/sample", DefaultBranch: &main,
				Detail: &pipeline.Detail{ReadAt: asOf, Tip: &pipeline.Commit{OID: strings.Repeat("a", 40), CommittedDate: human}},
			},
			Status: pipeline.Active, StatusSince: asOf.AddDate(0, -1, 0), PreviousStatus: &previous, DecidedBy: &human, AgeDays: &age,
		}},
		StatusChanges: []pipeline.StatusChange{
			{ID: "R_1", Date: asOf.AddDate(0, -6, 0), From: pipeline.Fresh, To: pipeline.Archived},
			{ID: "R_1", Date: asOf.AddDate(0, -1, 0), From: pipeline.Archived, To: pipeline.Active},
		},
	}
	page := string(render(t, snap, options)["r/contoso/sample/index.html"])
	for _, want := range []string{"Archived (22 May 2026)", "Active (22 October 2026)"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
