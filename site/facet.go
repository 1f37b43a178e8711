package site

import (
	"cmp"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// facet is one property that the table can be filtered by.
type facet struct {
	Key   string // in URLs: repos/KEY/SLUG/ and ?KEY=VALUE
	Title string
	// Noun names one value in a sentence: "language C#".
	Noun   string
	Values []facetValue // most repositories first; statuses and flags in their own order
}

// facetValue is one value of a facet and the repositories that have it.
type facetValue struct {
	Value string // as the URL's query has it
	Label string
	Path  string // of its page; "" where the value is too rare to have one
	rows  []int32
}

// Count is how many repositories have the value.
func (v facetValue) Count() int { return len(v.rows) }

// nobody is the owner of repositories that nobody owns, in the facet's query.
const nobody = "nobody"

// The most values of a facet that get a page. Topics are plenty, and most stand
// on one repository only.
const (
	maxFacetPages = 500
	maxTopicPages = 200
)

// Flags are the yes-or-no facets, and their bits in the script's index.
var flags = []struct {
	value, label string
	has          func(*row) bool
}{
	{"archived", "Archived", func(w *row) bool { return w.IsArchived }},
	{"fork", "Fork", func(w *row) bool { return w.IsFork }},
	{"template", "Template", func(w *row) bool { return w.IsTemplate }},
	{"mirror", "Mirror", func(w *row) bool { return w.IsMirror }},
	{"disabled", "Disabled", func(w *row) bool { return w.IsDisabled }},
	{"locked", "Locked", func(w *row) bool { return w.IsLocked }},
	{"readme-only", "README-only", func(w *row) bool { return w.Lane == pipeline.LaneReadmeOnly || w.Lane == pipeline.LaneNotice }},
	{"exempt", "Exempt", func(w *row) bool { return w.Exemption != nil }},
	{"bot-active", "Bot-active", func(w *row) bool { return w.TipIsBot }},
	{"private", "Private", func(w *row) bool { return w.IsPrivate }},
}

func (r *report) makeFacets() []facet {
	status := facet{Key: "status", Title: "Status", Noun: "status"}
	for _, s := range pipeline.Statuses {
		status.Values = append(status.Values, facetValue{Value: string(s), Label: title(s), Path: statusPath(s)})
	}
	is := facet{Key: "is", Title: "Kind", Noun: "kind"}
	for _, f := range flags {
		is.Values = append(is.Values, facetValue{Value: f.value, Label: f.label, Path: "repos/is/" + f.value + "/"})
	}
	lang := collect{facet: facet{Key: "lang", Title: "Language", Noun: "language"}, max: maxFacetPages, min: 1}
	owner := collect{facet: facet{Key: "owner", Title: "Owner", Noun: "owner"}, max: maxFacetPages, min: 1}
	topic := collect{facet: facet{Key: "topic", Title: "Topic", Noun: "topic"}, max: maxTopicPages, min: 2}
	license := collect{facet: facet{Key: "license", Title: "License", Noun: "license"}, max: maxFacetPages, min: 1}
	at := make(map[pipeline.Status]int, len(pipeline.Statuses))
	for i, s := range pipeline.Statuses {
		at[s] = i
	}
	for _, i := range r.orders[0].rows { // so that every facet is in order of attention
		w := &r.rows[i]
		v := &status.Values[at[w.Status]]
		v.rows = append(v.rows, i)
		for j, f := range flags {
			if f.has(w) {
				is.Values[j].rows = append(is.Values[j].rows, i)
			}
		}
		lang.add(deref(w.PrimaryLanguage), i)
		license.add(deref(w.License), i)
		owners := w.owners()
		for _, o := range owners {
			owner.add(o, i)
		}
		if len(owners) == 0 {
			owner.add(nobody, i)
		}
		for _, t := range w.Topics {
			topic.add(t, i)
		}
	}
	return []facet{status, lang.done(), owner.done(), topic.done(), license.done(), is}
}

func statusPath(s pipeline.Status) string { return "repos/status/" + string(s) + "/" }

// facet returns the facet of a key.
func (r *report) facet(key string) *facet {
	i := slices.IndexFunc(r.facets, func(f facet) bool { return f.Key == key })
	return &r.facets[i]
}

// collect gathers the values of a facet that are not known beforehand.
type collect struct {
	facet
	at       map[string]int
	max, min int // pages for so many values, of so many repositories at least
}

func (c *collect) add(value string, row int32) {
	if value = clean(value); value == "" {
		return
	}
	if c.at == nil {
		c.at = map[string]int{}
	}
	i, ok := c.at[value]
	if !ok {
		i = len(c.Values)
		c.at[value] = i
		label := shorten(value, 60)
		if value == nobody {
			label = "Nobody"
		}
		c.Values = append(c.Values, facetValue{Value: value, Label: label})
	}
	v := &c.Values[i]
	if n := len(v.rows); n == 0 || v.rows[n-1] != row { // a repository may repeat itself
		v.rows = append(v.rows, row)
	}
}

func (c *collect) done() facet {
	slices.SortFunc(c.Values, func(a, b facetValue) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), pipeline.CompareNames(a.Value, b.Value))
	})
	taken := slugs{}
	for i := range c.Values {
		if v := &c.Values[i]; i < c.max && len(v.rows) >= c.min {
			v.Path = "repos/" + c.Key + "/" + taken.slug(v.Value) + "/"
		}
	}
	return c.facet
}
