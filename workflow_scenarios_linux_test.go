package main

import (
	"os"
	"slices"
	"testing"
)

const reportFile = ".github/workflows/report.yml"

// scenarios are what happens to the workflows over the days, by name. Each must
// pass with the files as they are, and testdata/workflows/mutations.yml names
// for each mutation the one that fails.
func scenarios() map[string]func(testing.TB) {
	all := map[string]func(testing.TB){
		"the first day":                     func(t testing.TB) { reportFirstDay(t) },
		"later ticks":                       reportTicks,
		"a person asks":                     reportOnDemand,
		"cancelled and resumed":             reportIsCancelled,
		"suspended":                         reportIsSuspended,
		"partial":                           reportIsPartial,
		"settings and tokens":               reportSettings,
		"owners by hand":                    reportByHand,
		"run again":                         reportAgain,
		"the page's address":                reportAddress,
		"quiet for fifty-five days":         reportQuiet,
		"called from another organization":  reportCalled,
		"on an enterprise server":           reportOnServer,
		"taken over by shards":              reportTakenOver,
		"runs that wait":                    reportsThatWait,
		"the released program":              actionReleased,
		"the action alone":                  actionAlone,
		"two reports of one repository":     actionTwice,
		"shards over the days":              shardedOverTheDays,
		"one owner sharded":                 shardedOneOwner,
		"owners whose names begin alike":    shardedPrefix,
		"forty owners, one broken":          shardedBroken,
		"a shard that breaks":               shardedBreaks,
		"an App that is not everywhere":     shardedApp,
		"shards called with secrets":        shardedCalled,
		"shards that failed, run again":     shardedAgain,
		"a change":                          changed,
		"the README's call":                 readmeCall,
		"the README's action":               readmeAction,
		"the README's server":               readmeServer,
		"the README's copy":                 readmeCopy,
		"a release":                         released,
		"a release that cannot be repeated": releasedUnrepeatable,
		"a release whose tests fail":        releasedBroken,
	}
	for what, harm := range harms {
		all["a state that is "+what] = func(t testing.TB) { reportWithoutState(t, what, harm) }
	}
	for what, failure := range failures {
		all["failed: "+what] = func(t testing.TB) { reportFails(t, failure) }
	}
	return all
}

// thorough are the scenarios that take the most time for what they add to the
// others: they run when STALEWATCH_TESTS is "all", as in CI, and so do the
// mutations that they notice.
var thorough = []string{
	"a person asks", "a shard that breaks", "a state that is cut", "a state that is empty", "a state that is lost", "a state that is newer",
	"an App that is not everywhere", "failed: a config that is not there", "failed: a mistake in the config", "failed: a token that is refused",
	"failed: an unknown owner", "forty owners, one broken", "later ticks", "on an enterprise server", "owners by hand",
	"owners whose names begin alike", "partial", "quiet for fifty-five days", "run again", "runs that wait", "settings and tokens",
	"shards called with secrets", "shards over the days", "shards that failed, run again", "suspended", "the action alone", "the page's address",
	"the released program", "two reports of one repository",
}

// leftOut reports that a scenario is left out of a run of this size.
func leftOut(name string) bool {
	switch {
	case testing.Short():
		return name != "the first day"
	case os.Getenv("STALEWATCH_TESTS") == "all":
		return false
	}
	return slices.Contains(thorough, name)
}

// TestWorkflows runs the scenarios: one in a short run, a sample in a plain one.
func TestWorkflows(t *testing.T) {
	all := scenarios()
	for _, name := range thorough {
		if all[name] == nil {
			t.Errorf("there is no scenario %q", name)
		}
	}
	for name, scenario := range all {
		t.Run(name, func(t *testing.T) {
			if leftOut(name) {
				t.Skip("STALEWATCH_TESTS=all runs it")
			}
			t.Parallel()
			scenario(t)
		})
	}
}
