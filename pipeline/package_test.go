package pipeline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// TestBecomingOutdated is an event once, and only where it was known before
// what the repository is built on.
func TestBecomingOutdated(t *testing.T) {
	policy := mustPolicy(t, nil)
	ended := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	of := func(end *time.Time) *pipeline.Dependencies {
		return &pipeline.Dependencies{Frameworks: []pipeline.Framework{{Name: "net8.0", File: "a.csproj", Title: ".NET 8", EndOfSupport: end}}}
	}
	for _, tt := range []struct {
		name        string
		before, now *pipeline.Dependencies
		want        []pipeline.EventType
	}{
		{"it became so", of(nil), of(&ended), []pipeline.EventType{pipeline.EventOutdated}},
		{"it was so", of(&ended), of(&ended), nil},
		{"it is no more", of(&ended), of(nil), nil},
		{"it was not known", nil, of(&ended), nil},
	} {
		find := func(d *pipeline.Dependencies, day string) []pipeline.Finding {
			return []pipeline.Finding{judge(policy, sample(t, "2026-11-01", func(r *pipeline.Repository) { r.Dependencies = d }), at(t, day))}
		}
		before := pipeline.Baseline{AsOf: at(t, "2026-11-21"), Rules: policy.Rules(), RuleVersion: policy.Version(), Findings: find(tt.before, "2026-11-21")}
		var got []pipeline.EventType
		for _, e := range pipeline.Compare(policy, before, find(tt.now, "2026-11-22"), at(t, "2026-11-22")).Events {
			got = append(got, e.Type)
			if e.To != "framework-out-of-support" {
				t.Errorf("%s: because of %q", tt.name, e.To)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLatest is the newest listed stable version, else the newest listed one.
func TestLatest(t *testing.T) {
	v := func(version string, unlisted bool) pipeline.PackageVersion {
		return pipeline.PackageVersion{Version: version, Unlisted: unlisted}
	}
	for want, versions := range map[string][]pipeline.PackageVersion{
		"1.0.0":      {v("0.9.0", false), v("1.0.0", false), v("2.0.0", true), v("3.0.0-rc.1", false)},
		"3.0.0-rc.1": {v("2.0.0", true), v("3.0.0-alpha", false), v("3.0.0-rc.1", false), v("3.0.0-rc.2", true)},
		"":           {v("1.0.0", true)},
	} {
		p := pipeline.Package{Versions: versions}
		got := ""
		if l := p.Latest(); l != nil {
			got = l.Version
		}
		if got != want {
			t.Errorf("the latest of %v is %q, want %q", versions, got, want)
		}
	}
}

// TestMergedPackages stand once, as they were read last, with all their uses.
func TestMergedPackages(t *testing.T) {
	part := func(owner string, packages ...pipeline.Package) *pipeline.Snapshot {
		owners := []string{owner}
		return &pipeline.Snapshot{Packages: packages, Run: pipeline.Run{ID: pipeline.RunID(owners, asOf), Scope: pipeline.ScopeOf(owners...), Owners: owners, AsOf: asOf, State: pipeline.Complete}}
	}
	use := func(repo string) []pipeline.PackageUse {
		return []pipeline.PackageUse{{NameWithOwner: repo, File: "a.csproj"}}
	}
	downloads := int64(7)
	whole, err := pipeline.Merge([]*pipeline.Snapshot{
		part("b", pipeline.Package{ID: "Both", Owned: true, TotalDownloads: &downloads, ReadAt: asOf.AddDate(0, 0, -1), UsedBy: use("b/x")}, pipeline.Package{ID: "Two"}),
		part("a", pipeline.Package{ID: "both", RepositoryURL: "newer", ReadAt: asOf, UsedBy: use("a/y")}, pipeline.Package{ID: "One"}),
	})
	if err != nil || len(whole.Packages) != 3 {
		t.Fatalf("%d packages, %v", len(whole.Packages), err)
	}
	p := whole.Packages[0]
	if p.RepositoryURL != "newer" || !p.Owned || *p.TotalDownloads != 7 || len(p.UsedBy) != 2 || p.UsedBy[0].NameWithOwner != "a/y" {
		t.Errorf("the package of both is %+v", p)
	}
	if whole.Packages[1].ID != "One" || whole.Packages[2].ID != "Two" {
		t.Errorf("the others are %s and %s", whole.Packages[1].ID, whole.Packages[2].ID)
	}
}
