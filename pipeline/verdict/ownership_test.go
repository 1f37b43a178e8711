package verdict_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

func TestDefaultOwners(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", nil},
		{"a team and a user", "* @Azure-Samples/iot @ada\n", []string{"@Azure-Samples/iot", "@ada"}},
		{"the last one wins", "* @a\n/docs/ @d\n* @b\n", []string{"@b"}},
		{"nothing for everything", "/docs/ @a\n*.md @b\nsrc/** @c\n", nil},
		{"two stars", "** @a\n", []string{"@a"}},
		{"from the root", "/** @a\n", []string{"@a"}},
		{"the root's files only", "/* @a\n", nil},
		{"taken back", "* @a\n*\n", nil},
		{"given to nobody, then somebody", "*\n* @a\n", []string{"@a"}},
		{"a comment behind", "* @a # the boss\n", []string{"@a"}},
		{"commented out", "# * @a\n", nil},
		{"Windows", "\ufeff* @a\r\n/docs @b\r\n", []string{"@a"}},
		{"a bad line is skipped", "* @a\n* not-an-owner\n[x] @b\n! @c\n", []string{"@a"}},
		{"an address", "* jane@example.museum @a\n", []string{"(e-mail address)", "@a"}},
		{"a masked address", pipeline.MaskEmails("* jane.doe+x@example.org\n"), []string{"(e-mail address)"}},
		{"an overlong line", "* @a\n* @" + strings.Repeat("x", 1<<17) + "\n", []string{"@a"}},
	} {
		if got := verdict.DefaultOwners(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestOwnersPrecedence(t *testing.T) {
	rules := []pipeline.OwnershipRule{{Match: "aks-*", Owner: "@Azure-Samples/aks"}, {Match: "azure/*", Owner: "@azure"}, {Match: "aks-1", Owner: "@later"}}
	for _, test := range []struct {
		name       string
		repo       string
		codeowners string
		without    bool
		want       []string
	}{
		{"CODEOWNERS first", "a/aks-1", "* @ada", false, []string{"@ada"}},
		{"then the first rule", "a/AKS-1", "", false, []string{"@Azure-Samples/aks"}},
		{"CODEOWNERS that names nobody for everything", "a/aks-1", "/docs @ada", false, []string{"@Azure-Samples/aks"}},
		{"by owner and name", "Azure/x", "", false, []string{"@azure"}},
		{"nobody", "a/b", "", false, nil},
		{"CODEOWNERS switched off", "a/b", "* @ada", true, nil},
	} {
		p := mustPolicy(t, func(r *pipeline.Rules) { r.Ownership, r.Codeowners = rules, !test.without })
		f := judge(p, sample(t, "2026-11-19", named(test.repo), withCodeowners(test.codeowners)), at(t, morning))
		if !slices.Equal(f.Owners, test.want) {
			t.Errorf("%s: %q, want %q", test.name, f.Owners, test.want)
		}
	}
}

// TestOwnersByProperty: a custom property that is named comes before all else,
// and never gives an address away.
func TestOwnersByProperty(t *testing.T) {
	p := mustPolicy(t, func(r *pipeline.Rules) { r.OwnerProperty, r.Codeowners = "team", true })
	for _, test := range []struct {
		properties map[string][]string
		want       []string
	}{
		{map[string][]string{"Team": {"@contoso/web", "platform"}}, []string{"@contoso/web", "platform"}},
		{map[string][]string{"team": {"jane@example.org"}}, []string{"(e-mail address)"}},
		{map[string][]string{"tier": {"gold"}}, []string{"@ada"}},
		{nil, []string{"@ada"}},
	} {
		r := sample(t, "2026-11-19", withCodeowners("* @ada"))
		r.Properties = test.properties
		if f := judge(p, r, at(t, morning)); !slices.Equal(f.Owners, test.want) {
			t.Errorf("%v: %q, want %q", test.properties, f.Owners, test.want)
		}
	}
}

func FuzzCodeowners(f *testing.F) {
	f.Add("* @a\n/docs/ @b # c\n")
	f.Add("\\ \\# @a\n*** x\n**/**/** jane@example.org\n/ @a\n")
	f.Add("~~~~~~~~/ @a\n???????? @b\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, owner := range verdict.DefaultOwners(text) {
			if owner != "(e-mail address)" && (!strings.HasPrefix(owner, "@") || strings.Count(owner, "@") != 1) {
				t.Errorf("%q owns", owner)
			}
		}
		whole := verdict.DefaultOwners(pipeline.MaskEmails(text))
		if condensed := verdict.DefaultOwners(new(verdict.Policy).CondenseCodeowners(text)); !slices.Equal(condensed, whole) {
			t.Errorf("condensed, %q own; before, %q", condensed, whole)
		}
	})
}
