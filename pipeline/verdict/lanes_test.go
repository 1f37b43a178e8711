package verdict_test

import (
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
)

func withRoot(entries ...string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Detail.RootEntries = entries }
}

// Each lane wins over those below it: a repository that fits them all is in the
// first, and falls to the next when that no longer fits.
func TestLanesInOrder(t *testing.T) {
	p := mustPolicy(t, nil)
	r := sample(t, "2020-01-01", withRoot("README.md"), func(r *pipeline.Repository) {
		r.IsDisabled, r.IsLocked, r.IsArchived, r.IsEmpty, r.IsMirror, r.IsFork, r.IsTemplate = true, true, true, true, true, true, true
	})
	for _, step := range []struct {
		lane pipeline.Lane
		not  func()
	}{
		{pipeline.LaneDisabled, func() { r.IsDisabled = false }},
		{pipeline.LaneLocked, func() { r.IsLocked = false }},
		{pipeline.LaneArchived, func() { r.IsArchived = false }},
		{pipeline.LaneEmpty, func() { r.IsEmpty = false }},
		{pipeline.LaneMirror, func() { r.IsMirror = false }},
		{pipeline.LaneFork, func() { r.IsFork = false }},
		{pipeline.LaneTemplate, func() { r.IsTemplate = false }},
		{pipeline.LaneReadmeOnly, func() { r.Detail.RootEntries = nil }},
		{pipeline.LaneNone, func() {}},
	} {
		if got := judge(p, r, at(t, morning)).Lane; got != step.lane {
			t.Errorf("lane %q, want %q", got, step.lane)
		}
		step.not()
	}
}

func TestReadmeOnly(t *testing.T) {
	for _, test := range []struct {
		entries []string
		want    bool
	}{
		{[]string{"README.md"}, true},
		{[]string{"readme"}, true},
		{[]string{"LICENSE.txt", "README.rst", ".gitignore", ".github", "SECURITY.md", "CODE_OF_CONDUCT.md"}, true},
		{[]string{"README.md", "main.go"}, false},
		{[]string{"LICENSE"}, false},
		{[]string{"readme-generator.py"}, false},
		{[]string{}, false},
		{nil, false},
	} {
		got := judge(mustPolicy(t, nil), sample(t, "2020-01-01", withRoot(test.entries...)), at(t, morning)).Lane
		if (got == pipeline.LaneReadmeOnly) != test.want {
			t.Errorf("%q: lane %q", test.entries, got)
		}
	}
}

func TestIncludeCovers(t *testing.T) {
	none, all := pipeline.Include{}, pipeline.Include{Forks: true, Archived: true, Templates: true, Private: true}
	for name, r := range map[string]pipeline.Repository{
		"fork": {IsFork: true}, "archived": {IsArchived: true}, "template": {IsTemplate: true}, "private": {IsPrivate: true},
	} {
		if none.Covers(r) || !all.Covers(r) {
			t.Errorf("%s: covered by none: %t, by all: %t", name, none.Covers(r), all.Covers(r))
		}
	}
	if !none.Covers(pipeline.Repository{}) {
		t.Error("an ordinary repository is left out")
	}
}

// TestIncludeNarrows: by topic and language, whatever their case; what could not
// be read stays, so that it is named.
func TestIncludeNarrows(t *testing.T) {
	narrow := pipeline.Include{Topics: []string{"azure", "keep"}, Languages: []string{"c#"}}
	sharp, other := "C#", "Go"
	tests := map[string]struct {
		r    pipeline.Repository
		want bool
	}{
		"both":              {pipeline.Repository{Topics: []string{"x", "Azure"}, PrimaryLanguage: &sharp}, true},
		"another topic":     {pipeline.Repository{Topics: []string{"x"}, PrimaryLanguage: &sharp}, false},
		"no topic":          {pipeline.Repository{PrimaryLanguage: &sharp}, false},
		"another language":  {pipeline.Repository{Topics: []string{"keep"}, PrimaryLanguage: &other}, false},
		"no language":       {pipeline.Repository{Topics: []string{"keep"}}, false},
		"could not be read": {pipeline.Repository{ReadError: "it timed out"}, true},
	}
	for name, test := range tests {
		if got := narrow.Covers(test.r); got != test.want {
			t.Errorf("%s: covered %t, want %t", name, got, test.want)
		}
	}
}

// TestIncludeByVisibilityAndProperties: each property needs one of its values,
// and what has none is left out, whatever else is known of it.
func TestIncludeByVisibilityAndProperties(t *testing.T) {
	narrow := pipeline.Include{Private: true, Visibility: []string{"internal", "public"}, Properties: map[string][]string{"lifecycle": {"production", "Beta"}, "tier": {"1"}}}
	fits := map[string][]string{"Lifecycle": {"old", "PRODUCTION"}, "tier": {"1"}}
	for name, test := range map[string]struct {
		r    pipeline.Repository
		want bool
	}{
		"fits":                  {pipeline.Repository{Properties: fits}, true},
		"internal":              {pipeline.Repository{Properties: fits, IsPrivate: true, Visibility: pipeline.Internal}, true},
		"private":               {pipeline.Repository{Properties: fits, IsPrivate: true, Visibility: pipeline.Private}, false},
		"private, of old":       {pipeline.Repository{Properties: fits, IsPrivate: true}, false},
		"another value":         {pipeline.Repository{Properties: map[string][]string{"lifecycle": {"retired"}, "tier": {"1"}}}, false},
		"one of two":            {pipeline.Repository{Properties: map[string][]string{"lifecycle": {"beta"}}}, false},
		"none":                  {pipeline.Repository{}, false},
		"unread":                {pipeline.Repository{Properties: fits, IsPrivate: true, ReadError: "it timed out"}, true},
		"unread, another value": {pipeline.Repository{ReadError: "it timed out"}, false},
	} {
		if got := narrow.Covers(test.r); got != test.want {
			t.Errorf("%s: covered %t, want %t", name, got, test.want)
		}
	}
}
