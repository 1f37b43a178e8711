package verdict_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// TestWhatPackagesTell is the specification of what packages change in a
// judgement, and that each can be switched off.
func TestWhatPackagesTell(t *testing.T) {
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	ended, ends := time.Date(2024, 11, 12, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	net6 := func(file string) pipeline.Framework {
		return pipeline.Framework{Name: "net6.0", File: file, Title: ".NET 6", EndOfSupport: &ended}
	}
	uses := func(id string, deprecated, vulnerable bool) pipeline.UsedPackage {
		return pipeline.UsedPackage{Package: &pipeline.Package{ID: id}, Use: pipeline.PackageUse{IsDeprecated: &deprecated, IsVulnerable: &vulnerable}}
	}
	publishes := func(at time.Time, downloads int64) []*pipeline.Package {
		return []*pipeline.Package{{ID: "Contoso.Client", Owned: true, TotalDownloads: &downloads, Versions: []pipeline.PackageVersion{{Version: "2.0.0", Published: &at}}}}
	}
	all := pipeline.Ignore{Frameworks: true, Deprecated: true, Vulnerable: true, Published: true, Downloads: true}
	for _, tt := range []struct {
		name string
		age  int // years since the last commit
		with func(*pipeline.Repository)
		want []string // sentences, outdated first, then alive, then signals of downloads
	}{
		{"a framework out of support", 0, func(r *pipeline.Repository) {
			r.Dependencies = &pipeline.Dependencies{Frameworks: []pipeline.Framework{net6("a.csproj"), net6("b.csproj")}}
		}, []string{"It is built for .NET 6 (out of support since 12 November 2024)."}},
		{"one that ends today, and one that never does", 0, func(r *pipeline.Repository) {
			r.Dependencies = &pipeline.Dependencies{Frameworks: []pipeline.Framework{{Name: "net8.0", File: "a.csproj", Title: ".NET 8", EndOfSupport: &ends}, {Name: "net48", File: "b.csproj", Title: ".NET Framework 4.8"}, {Name: "unheard", File: "c.csproj"}}}
		}, nil},
		{"a project for an old and a new one", 0, func(r *pipeline.Repository) {
			r.Dependencies = &pipeline.Dependencies{Frameworks: []pipeline.Framework{net6("a.csproj"), {Name: "net10.0", File: "a.csproj"}}}
		}, nil},
		{"deprecated and vulnerable packages", 0, func(r *pipeline.Repository) {
			r.Uses = []pipeline.UsedPackage{uses("A", true, false), uses("B", false, true), uses("C", true, true), uses("C", true, true), uses("D", true, false), uses("E", true, false), uses("F", false, false), {Package: &pipeline.Package{ID: "G"}}}
		}, []string{"It uses 2 packages with known vulnerabilities: B and C.", "It uses 4 packages that their owners deprecated: A, C, D and 1 more."}},
		{"old commits, a new package", 3, func(r *pipeline.Repository) { r.Publishes = publishes(asOf.AddDate(0, -11, 0), 5) },
			[]string{"Its package Contoso.Client 2.0.0 was published on 22 December 2025, 11 months ago, so somebody looks after it."}},
		{"old commits, an old package", 3, func(r *pipeline.Repository) { r.Publishes = publishes(asOf.AddDate(-1, 0, 0), 1234567) },
			[]string{"People rely on packages that are made of it: Contoso.Client, downloaded 1,234,567 times."}},
		{"new commits, a new package", 0, func(r *pipeline.Repository) { r.Publishes = publishes(asOf.AddDate(0, -1, 0), 5) }, nil},
		{"archived, and downloaded", 3, func(r *pipeline.Repository) { r.IsArchived, r.Publishes = true, publishes(asOf.AddDate(0, -1, 0), 5) },
			[]string{"People rely on packages that are made of it: Contoso.Client, downloaded 5 times."}},
	} {
		branch, tip := "main", asOf.AddDate(-tt.age, -1, 0)
		r := pipeline.Repository{ID: "R", NameWithOwner: "contoso/a", DefaultBranch: &branch, PushedAt: &tip, Detail: &pipeline.Detail{Tip: &pipeline.Commit{OID: "c", CommittedDate: tip}}}
		tt.with(&r)
		if len(r.Publishes) > 0 {
			r.URL, r.Publishes[0].RepositoryURL = "https://github.com/contoso/a", "https://github.com/Contoso/A"
			related := []pipeline.Repository{r}
			pipeline.Relate(related, []pipeline.Package{*r.Publishes[0]})
			r = related[0]
		}
		for _, ignore := range []pipeline.Ignore{{}, all} {
			rules := pipeline.DefaultRules()
			rules.Ignore = ignore
			p, err := verdict.NewPolicy(rules)
			if err != nil {
				t.Fatal(err)
			}
			f := p.Judge([]pipeline.Repository{r}, asOf)[0]
			if s := f.Suggestion; ignore != all && (f.Alive != nil && strings.Contains(s.Action, "rchive") || len(f.Outdated) > 0 && !strings.HasPrefix(s.Action, "Move")) {
				t.Errorf("%s: the suggestion is %+v", tt.name, s)
			}
			var got []string
			for _, s := range f.Outdated {
				got = append(got, s.Sentence)
			}
			if f.Alive != nil {
				got = append(got, f.Alive.Sentence)
			}
			for _, s := range f.Signals {
				if strings.HasPrefix(s, "People rely") {
					got = append(got, s)
				} else if ignore == all && (strings.Contains(s, "package") || strings.Contains(s, "built for")) {
					t.Errorf("%s: ignored, and told: %s", tt.name, s)
				}
			}
			if want := tt.want; ignore == all && got != nil || ignore != all && !slices.Equal(got, want) {
				t.Errorf("%s, ignoring %+v: %q, want %q", tt.name, ignore, got, tt.want)
			}
		}
	}
}
