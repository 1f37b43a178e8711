package nuget_test

import (
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
)

// TestLibyears works examples by hand: the release date of the newest version,
// which is the highest listed stable one and not the one published last, less
// that of the version in use, in years of 365.25 days, and never below 0.
func TestLibyears(t *testing.T) {
	at := func(day string) time.Time {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	w := newWorlds(t, &nugetsim.World{Packages: []nugetsim.Package{{ID: "A", Versions: []nugetsim.Version{
		{Version: "1.0.0", Published: at("2020-01-01")},
		{Version: "1.0.1", Published: at("2023-03-01")}, // a fix to an old line, later than the newest
		{Version: "1.1.0", Published: at("2020-07-01"), Unlisted: true},
		{Version: "2.0.0-rc.1", Published: at("2022-11-01")},
		{Version: "2.0.0", Published: at("2023-01-01")},
		{Version: "3.0.0-beta", Published: at("2024-01-01")},
	}}}})
	want := map[string]string{
		"1.0.0":      "3 2", // 1096 days are 3.0007 years; behind are 1.0.1 and 2.0.0
		"0.9":        "3 2", // the lowest that fits is 1.0.0
		"1.0.1":      "0 1",
		"1.1.0":      "- 1", // unlisted, so its date is not known
		"2.0.0-rc.1": "0.17 1",
		"2.0.0":      "0 0",
		"3.0.0-beta": "0 0",
		"[1.0,2)":    "3 2",
		"*":          "- -",
		"1.*":        "- -",
		"$(V)":       "- -",
		"9.9":        "- -",
		"(1.0)":      "- -",
	}
	i := 0
	for version := range want {
		w.add(string(rune('a'+i)), "C#", githubsim.File{Path: "a.csproj", Text: reference("A", version)})
		i++
	}
	snap, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range snap.Packages[0].UsedBy {
		if got := shown(u.YearsBehind) + " " + shown(u.VersionsBehind); got != want[u.Version] {
			t.Errorf("%s is %s years and versions behind, want %s", u.Version, got, want[u.Version])
		}
	}
	if n := len(snap.Packages[0].UsedBy); n != len(want) {
		t.Errorf("%d uses, want %d", n, len(want))
	}
}
