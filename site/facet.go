package site

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// facet is one property that the table can be filtered by.
type facet struct {
	Key   string // in URLs: repos/KEY/SLUG/ and ?KEY=VALUE
	Title string
	// Noun names one value in a sentence: "language C#".
	Noun   string
	Values []facetValue // most repositories first; statuses, steps and flags in their own order
	at     map[string]int
}

// facetValue is one value of a facet and the repositories that have it.
type facetValue struct {
	Value string // as the URL's query has it
	Label string
	Path  string  // of its page; "" where the value is too rare to have one
	slug  string  // in the paths of its pages
	rows  []int32 // worst first; a step's in the order of the worklist
}

// Count is how many repositories have the value.
func (v facetValue) Count() int { return len(v.rows) }

// Up to everyPage repositories, each has a page; above that, only those that
// changed and the stale ones with stars.
const everyPage = 20_000

// The most values of a facet that get a page. There are many topics, most of
// them on a single repository; above everyPage repositories they get none, nor
// do licences, and a site of 100,000 stays below the 900 MB.
const (
	maxFacetPages = 500
	maxTopicPages = 200
)

// flag is a yes-or-no property; the facet of kinds has them all.
type flag struct {
	value, label string
	isKind       bool // it says what kind of repository it is
	has          func(*row) bool
}

// Flags are in the order of their bits in the script's index.
var flags = []flag{
	{"archived", "Archived", true, func(w *row) bool { return w.IsArchived }},
	{"fork", "Fork", true, func(w *row) bool { return w.IsFork }},
	{"template", "Template", true, func(w *row) bool { return w.IsTemplate }},
	{"mirror", "Mirror", true, func(w *row) bool { return w.IsMirror }},
	{"disabled", "Disabled", true, func(w *row) bool { return w.IsDisabled }},
	{"locked", "Locked", true, func(w *row) bool { return w.IsLocked }},
	{"readme-only", "README-only", true, func(w *row) bool { return w.Lane == pipeline.LaneReadmeOnly || w.Lane == pipeline.LaneNotice }},
	{"exempt", "Exempt", false, func(w *row) bool { return w.Exemption != nil }},
	{"bot-active", "Bot-active", false, func(w *row) bool { return w.TipIsBot }},
	{"private", "Private", true, func(w *row) bool { return w.IsPrivate }},
	{"outdated", "Outdated", false, func(w *row) bool { return len(w.Outdated) > 0 }},
	{"internal", "Internal", true, func(w *row) bool { return w.Seen() == pipeline.Internal }},
}

// facets are all facets of the table, in the order in which pages show them.
type facets []facet

// of returns the facet of a key.
func (all facets) of(key string) *facet {
	return &all[slices.IndexFunc(all, func(f facet) bool { return f.Key == key })]
}

// makeFacets sorts the rows, which are worst first, into facets.
func (r *brief) makeFacets(rows []int32) facets {
	status, step, is := facet{Key: "status", Title: "Status", Noun: "status"}, facet{Key: "step", Title: "Next step", Noun: "next step"}, facet{Key: "is", Title: "Kind", Noun: "kind"}
	for _, s := range pipeline.Statuses {
		status.know(string(s), title(s), statusPath(s))
	}
	for _, s := range pipeline.Steps {
		step.know(string(s), stepWords[s].label, "")
	}
	step.know(none, "None", "repos/step/none/")
	for _, f := range flags {
		is.know(f.value, f.label, "repos/is/"+f.value+"/")
	}
	is.know(none, "Ordinary", "repos/is/none/")
	lang, owner := facet{Key: "lang", Title: "Language", Noun: "language"}, facet{Key: "owner", Title: "Owner", Noun: "owner"}
	topic, license := facet{Key: "topic", Title: "Topic", Noun: "topic"}, facet{Key: "license", Title: "License", Noun: "license"}
	custom := r.snap.Rules.PropertyNames()
	properties := make([]facet, len(custom))
	taken := slugs{}
	for i, name := range custom {
		slug := taken.slug(name)
		properties[i] = facet{Key: "property-" + slug, Title: name, Noun: slug}
	}
	for _, i := range rows { // worst first, and so is every value
		w := &r.rows[i]
		status.add(i, string(w.Status))
		if w.step == "" {
			step.add(i)
		}
		for _, f := range flags {
			if f.has(w) {
				is.add(i, f.value)
			}
		}
		if w.isOrdinary() {
			is.add(i)
		}
		lang.add(i, deref(w.PrimaryLanguage))
		license.add(i, deref(w.License))
		owner.add(i, w.owners()...)
		topic.add(i, w.Topics...)
		for j, name := range custom {
			properties[j].add(i, pipeline.Property(w.Properties, name)...)
		}
	}
	for _, rows := range r.whole.steps {
		s := r.rows[rows[0]].step
		v := &step.Values[step.at[string(s)]]
		v.Path, v.rows = r.whole.stepPath(s), rows
	}
	topics, licenses := maxTopicPages, maxFacetPages
	if len(rows) > everyPage { // each would be one more table of everything; the search finds them anyway
		topics, licenses = 0, 0
	}
	lang.givePages(maxFacetPages, 1)
	owner.givePages(maxFacetPages, 1)
	topic.givePages(topics, 2)
	license.givePages(licenses, 1)
	for i := range properties {
		properties[i].givePages(maxTopicPages, 1)
	}
	return append(facets{status, step, lang, owner, topic, license, is}, properties...)
}

// isOrdinary reports a repository to which no flag gives a kind.
func (w *row) isOrdinary() bool {
	return !slices.ContainsFunc(flags, func(f flag) bool { return f.isKind && f.has(w) })
}

// know adds a value before any row has it.
func (f *facet) know(value, label, path string) {
	if f.at == nil {
		f.at = map[string]int{}
	}
	f.at[value] = len(f.Values)
	f.Values = append(f.Values, facetValue{Value: value, Label: label, Path: path})
}

// isKnown reports a facet whose values are known beforehand.
func (f *facet) isKnown() bool { return f.Key == "status" || f.Key == "step" || f.Key == "is" }

// add gives a row its values, or none.
func (f *facet) add(row int32, values ...string) {
	has := false
	one := func(value, label string) {
		if _, ok := f.at[value]; !ok {
			f.know(value, label, "")
		}
		v := &f.Values[f.at[value]]
		if n := len(v.rows); n == 0 || v.rows[n-1] != row { // a repository may name a value twice
			v.rows = append(v.rows, row)
		}
		has = true
	}
	for _, v := range values {
		if v = clean(v); v != "" {
			one(v, shorten(v, 60))
		}
	}
	switch {
	case has:
	case f.Key == "owner":
		one(nobody, "Nobody")
	default:
		one(none, "None")
	}
}

// givePages puts the commonest values first, and gives a page to up to most of
// them: those that at least so many repositories have.
func (f *facet) givePages(most, least int) {
	slices.SortFunc(f.Values, func(a, b facetValue) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), pipeline.CompareNames(a.Value, b.Value))
	})
	taken := slugs{nobody: true, "none": true}
	for i := range f.Values[:min(len(f.Values), most)] {
		v := &f.Values[i]
		switch {
		case len(v.rows) < least:
			return
		case v.Value == nobody || v.Value == none:
			v.slug = strings.Trim(v.Value, "()")
		default:
			v.slug = taken.slug(v.Value)
		}
		v.Path = "repos/" + f.Key + "/" + v.slug + "/"
	}
}

// words name a value in a sentence; the script's are the same.
func (f *facet) words(value string) string {
	switch {
	case f.Key == "owner" && value == nobody:
		return "owned by nobody"
	case value == none && f.Key == "is":
		return "ordinary"
	case value == none:
		return "no " + f.Noun
	case f.Key == "status" || f.Key == "is":
		return value
	case f.Key == "step":
		return f.Noun + " " + strings.ToLower(stepWords[pipeline.Step(value)].label)
	}
	return f.Noun + " " + shorten(value, 60)
}

func statusPath(s pipeline.Status) string { return "repos/status/" + string(s) + "/" }
