package site

import (
	"cmp"
	"slices"
	"strings"
	"time"

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
	Path  string  // of its page; "" where the value is too rare to have one
	slug  string  // in the paths of its pages
	rows  []int32 // worst first; a step's in the order of the worklist
}

// Count is how many repositories have the value.
func (v facetValue) Count() int { return len(v.rows) }

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

func (r *brief) makeFacets(rows []int32) facets {
	status := facet{Key: "status", Title: "Status", Noun: "status"}
	for _, s := range pipeline.Statuses {
		status.Values = append(status.Values, facetValue{Value: string(s), Label: title(s), Path: statusPath(s)})
	}
	is := facet{Key: "is", Title: "Kind", Noun: "kind"}
	for _, f := range flags {
		is.Values = append(is.Values, facetValue{Value: f.value, Label: f.label, Path: "repos/is/" + f.value + "/"})
	}
	is.Values = append(is.Values, facetValue{Value: none, Label: "Ordinary", Path: "repos/is/none/"})
	step := facet{Key: "step", Title: "Next step", Noun: "next step"}
	for _, s := range pipeline.Steps {
		step.Values = append(step.Values, facetValue{Value: string(s), Label: stepWords[s].label})
	}
	step.Values = append(step.Values, facetValue{Value: none, Label: "None", Path: "repos/step/none/"})
	for _, rows := range r.whole.steps {
		s := r.rows[rows[0]].step
		v := &step.Values[slices.Index(pipeline.Steps, s)]
		v.Path, v.rows = r.whole.stepPath(s), rows
	}
	lang := collect{facet: facet{Key: "lang", Title: "Language", Noun: "language"}, max: maxFacetPages, min: 1}
	owner := collect{facet: facet{Key: "owner", Title: "Owner", Noun: "owner"}, max: maxFacetPages, min: 1}
	topic := collect{facet: facet{Key: "topic", Title: "Topic", Noun: "topic"}, max: maxTopicPages, min: 2}
	license := collect{facet: facet{Key: "license", Title: "License", Noun: "license"}, max: maxFacetPages, min: 1}
	if len(rows) > everyPage { // one more table of everything each; the search has them all the same
		topic.max, license.max = 0, 0
	}
	custom := r.snap.Rules.PropertyNames()
	properties := make([]collect, len(custom))
	taken := slugs{}
	for i, name := range custom {
		slug := taken.slug(name)
		properties[i] = collect{facet: facet{Key: "property-" + slug, Title: name, Noun: slug}, max: maxTopicPages, min: 1}
	}
	at := make(map[pipeline.Status]int, len(pipeline.Statuses))
	for i, s := range pipeline.Statuses {
		at[s] = i
	}
	for _, i := range rows { // so that every facet is in order of attention
		w := &r.rows[i]
		v := &status.Values[at[w.Status]]
		v.rows = append(v.rows, i)
		for j, f := range flags {
			if f.has(w) {
				is.Values[j].rows = append(is.Values[j].rows, i)
			}
		}
		if w.isOrdinary() {
			last := &is.Values[len(flags)]
			last.rows = append(last.rows, i)
		}
		if w.step == "" {
			last := &step.Values[len(pipeline.Steps)]
			last.rows = append(last.rows, i)
		}
		lang.add([]string{deref(w.PrimaryLanguage)}, i)
		license.add([]string{deref(w.License)}, i)
		owner.add(w.owners(), i)
		topic.add(w.Topics, i)
		for j, name := range custom {
			properties[j].add(pipeline.Property(w.Properties, name), i)
		}
	}
	all := facets{status, step, lang.done(), owner.done(), topic.done(), license.done(), is}
	for _, p := range properties {
		all = append(all, p.done())
	}
	return all
}

// isOrdinary reports that the repository is of no kind that a flag names.
func (w *row) isOrdinary() bool {
	return !slices.ContainsFunc(flags, func(f flag) bool { return f.isKind && f.has(w) })
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

// facets are all of the table, in the order in which pages show them.
type facets []facet

// of returns the facet of a key.
func (all facets) of(key string) *facet {
	return &all[slices.IndexFunc(all, func(f facet) bool { return f.Key == key })]
}

// collect gathers the values of a facet that are not known beforehand.
type collect struct {
	facet
	at       map[string]int
	max, min int // pages for so many values, of so many repositories at least
}

// add gives a row its values, or none.
func (c *collect) add(values []string, row int32) {
	had := false
	for _, v := range values {
		if v = clean(v); v != "" {
			c.one(v, row)
			had = true
		}
	}
	if !had && c.Key == "owner" {
		c.one(nobody, row)
	} else if !had {
		c.one(none, row)
	}
}

func (c *collect) one(value string, row int32) {
	if c.at == nil {
		c.at = map[string]int{}
	}
	i, ok := c.at[value]
	if !ok {
		i = len(c.Values)
		c.at[value] = i
		label := shorten(value, 60)
		switch value {
		case nobody:
			label = "Nobody"
		case none:
			label = "None"
		}
		c.Values = append(c.Values, facetValue{Value: value, Label: label})
	}
	v := &c.Values[i]
	if n := len(v.rows); n == 0 || v.rows[n-1] != row { // a repository may name a value twice
		v.rows = append(v.rows, row)
	}
}

func (c *collect) done() facet {
	slices.SortFunc(c.Values, func(a, b facetValue) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), pipeline.CompareNames(a.Value, b.Value))
	})
	taken := slugs{nobody: true, "none": true}
	for i := range c.Values {
		v := &c.Values[i]
		if i >= c.max || len(v.rows) < c.min {
			continue
		}
		switch v.Value {
		case nobody, none:
			v.slug = strings.Trim(v.Value, "()")
		default:
			v.slug = taken.slug(v.Value)
		}
		v.Path = "repos/" + c.Key + "/" + v.slug + "/"
	}
	return c.facet
}

// ownerSummary is an owner in numbers. The first of all is nobody, where there
// are repositories that nobody owns.
type ownerSummary struct {
	*facetValue
	Home                        string // of its overview; "" for one too many
	Total, Live, Stale, Dormant int
	Change                      string // of stale and dormant within 30 days; "" when not known
}

// Behind is how many are stale or dormant.
func (o ownerSummary) Behind() int { return o.Stale + o.Dormant }

// Share says what part of the live repositories that is.
func (o ownerSummary) Share() string {
	if o.Live == 0 {
		return "none live"
	}
	return percent(o.Behind(), o.Live)
}

// Width is the share as the width of a bar in a box 100 wide.
func (o ownerSummary) Width() string {
	return decimal(100 * float64(o.Behind()) / float64(max(1, o.Live)))
}

// ownerSpan is how far back the list of owners compares.
const ownerSpan = 30 * 24 * time.Hour

func (r *brief) ownerSummaries(owners *facet) []ownerSummary {
	values := owners.Values
	all := make([]ownerSummary, 0, len(values))
	long := len(r.snap.History) > 0 && r.asOf.Sub(r.snap.History[0].AsOf) >= ownerSpan
	for i := range values {
		v := &values[i]
		o := ownerSummary{facetValue: v, Total: len(v.rows)}
		if v.Path != "" {
			o.Home = "owners/" + v.slug + "/"
		}
		for _, i := range v.rows {
			s := r.rows[i].Status
			o.Live += boolRank(isLive(s))
			o.Stale += boolRank(s == pipeline.Stale)
			o.Dormant += boolRank(s == pipeline.Dormant)
		}
		if long {
			o.Change = signed(o.Behind() - r.behindAt(v.rows, []time.Time{r.asOf.Add(-ownerSpan)})[0])
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b ownerSummary) int {
		return cmp.Or(boolRank(b.Value == nobody)-boolRank(a.Value == nobody), cmp.Compare(b.Behind(), a.Behind()))
	})
	return all
}
