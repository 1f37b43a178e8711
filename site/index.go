package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// columnar is the table as the script loads it on the first search, filter or
// sort: one array a column, which compresses several times better than one
// object a repository. Rows are in order of name. It is not a public format:
// that is data/v1.
type columnar struct {
	AsOf     int      `json:"asOf"` // days since 1970, as all dates here
	URL      string   `json:"url"`  // what nameWithOwner is appended to for GitHub's page
	Statuses []string `json:"statuses"`
	Begins   []int    `json:"begins"` // days of age with which each status begins
	Orgs     []string `json:"orgs"`
	Full     bool     `json:"full,omitempty"` // lists name repositories with their owners
	Langs    []string `json:"langs"`          // indices below are one more, 0 is none
	Owners   []string `json:"owners"`
	Topics   []string `json:"topics"`
	Licenses []string `json:"licenses"`
	Flags    []string `json:"flags"`
	Steps    []string `json:"steps"` // each followed by its label

	Org     []int          `json:"org,omitempty"` // absent when there is one
	Name    []string       `json:"name"`          // in base 36, how many characters it shares with the one before; then the others
	Status  digits         `json:"status"`        // one more; 0 where archiving or age tells it
	Since   []int          `json:"since"`         // days before asOf, less the days by which age has passed the status's limit
	Age     []int          `json:"age"`           // days, one more; 0 is none
	Human   []int          `json:"human"`         // days before asOf less age; see noHuman
	Bot     []int          `json:"bot"`           // days before asOf, one more; 0 is none
	Lang    digits         `json:"lang"`
	Stars   []int          `json:"stars"`
	Owner   lists          `json:"owner"`
	Topic   lists          `json:"topic"`
	License digits         `json:"license"`
	Flag    digits         `json:"flag"` // bits of flags; those above them: there is no page, there is no address
	Step    digits         `json:"step"`
	Day     map[int]int    `json:"day"`   // that a step waits for
	Paths   map[int]string `json:"paths"` // pages that do not live at r/ and the name in lower case

	// Properties are the custom ones that are shown: for each the facet's key, the
	// values of each row as [lists], and what they are.
	Properties [][3]any `json:"properties"`
}

// dictionary numbers values by first appearance, from one.
type dictionary struct {
	at     map[string]int
	values []string
}

func newDictionary() *dictionary { return &dictionary{map[string]int{"": 0}, []string{}} }

// number is zero for the empty value. Values are cleaned as those of facets are.
func (d *dictionary) number(v string) int {
	v = clean(v)
	n, ok := d.at[v]
	if !ok {
		d.values = append(d.values, v)
		n = len(d.values)
		d.at[v] = n
	}
	return n
}

func (d *dictionary) numbers(values []string) []int {
	n := make([]int, len(values))
	for i, v := range values {
		n[i] = d.number(v)
	}
	return n
}

// makeIndex makes the index, and apart from it the descriptions, which are
// larger and needed for searching only.
func (r *brief) makeIndex(all facets) (index, texts asset, err error) {
	epochDays := func(t time.Time) int { return int(t.Unix() / 86400) }
	today := epochDays(r.asOf)
	c := columnar{AsOf: today, Full: !r.bare, URL: r.hostPrefix(), Paths: map[int]string{}, Day: map[int]int{}, Properties: [][3]any{}}
	statusAt := map[pipeline.Status]int{}
	for i, s := range pipeline.Statuses {
		c.Statuses = append(c.Statuses, string(s))
		statusAt[s] = i
	}
	t := r.snap.Rules.Tiers
	for _, span := range []pipeline.Span{{}, t.Fresh, t.Active, t.Aging, t.Stale, {}, {}, {}} {
		c.Begins = append(c.Begins, days(span.Before(r.asOf), r.asOf))
	}
	for _, f := range flags {
		c.Flags = append(c.Flags, f.value)
	}
	for _, s := range pipeline.Steps {
		c.Steps = append(c.Steps, string(s), stepWords[s].label)
	}
	descriptions := make([]string, len(r.rows))
	orgs, langs, owners, topics, licenses := newDictionary(), newDictionary(), newDictionary(), newDictionary(), newDictionary()
	for _, v := range all.of("topic").Values { // the commonest get the shortest numbers
		if v.Value != none {
			topics.number(v.Value)
		}
	}
	before := ""
	for i := range r.rows {
		w := &r.rows[i]
		org, name, _ := strings.Cut(w.NameWithOwner, "/")
		c.Org = append(c.Org, orgs.number(org)-1)
		name = clean(name)
		c.Name = append(c.Name, frontCoded(before, name))
		before = name
		ageDays := 0
		if w.AgeDays != nil {
			ageDays = *w.AgeDays + 1
		}
		c.Age = append(c.Age, ageDays)
		c.Since = append(c.Since, today-epochDays(w.From)-max(0, ageDays-1-c.Begins[statusAt[w.Status]]))
		c.Human = append(c.Human, humanOffset(w, today, max(0, ageDays-1)))
		bot := 0
		if w.Bot() != "" {
			bot = max(0, today-epochDays(w.Detail.Tip.CommittedDate)) + 1
		}
		c.Bot = append(c.Bot, bot)
		c.Lang = append(c.Lang, langs.number(deref(w.PrimaryLanguage)))
		c.Stars = append(c.Stars, w.StargazerCount)
		c.Owner = append(c.Owner, owners.numbers(w.owners()))
		c.Topic = append(c.Topic, topics.numbers(w.Topics))
		c.License = append(c.License, licenses.number(deref(w.License)))
		c.Step = append(c.Step, slices.Index(pipeline.Steps, w.step)+1)
		if day := pipeline.StepDay(w.Finding, w.step); !day.IsZero() {
			c.Day[i] = epochDays(day)
		}
		descriptions[i] = clean(deref(w.Description))
		bits := 0
		for j, f := range flags {
			if f.has(w) {
				bits |= 1 << j
			}
		}
		switch w.Path {
		case "":
			bits |= 1 << len(flags)
		case "r/" + strings.ToLower(w.NameWithOwner) + "/":
		default:
			c.Paths[i] = w.Path
		}
		if w.GitHub() == "" {
			bits |= 2 << len(flags)
		}
		c.Flag = append(c.Flag, bits)
		c.Status = append(c.Status, statusCode(w, statusAt[w.Status], ageDays-1, c.Begins))
	}
	c.Orgs, c.Langs, c.Owners, c.Topics, c.Licenses = orgs.values, langs.values, owners.values, topics.values, licenses.values
	custom := r.snap.Rules.PropertyNames()
	for i, name := range custom {
		values := newDictionary()
		of := make(lists, len(r.rows))
		for j := range r.rows {
			of[j] = values.numbers(pipeline.Property(r.rows[j].Properties, name))
		}
		f := all[len(all)-len(custom)+i]
		c.Properties = append(c.Properties, [3]any{f.Key, of, values.values})
	}
	if len(c.Orgs) < 2 {
		c.Org = nil
	}
	if index.content, err = encodeJSON(c, ""); err != nil {
		return index, texts, err
	}
	texts.content, err = encodeJSON(descriptions, "")
	index.name = "repos/index-" + hash(index.content) + ".json" // the hash keeps a page from reading that of another day
	texts.name = "repos/text-" + hash(texts.content) + ".json"
	return index, texts, err
}

// statusCode is zero where the script can tell the status: of an archived
// repository, and by the ages with which statuses begin.
func statusCode(w *row, at, age int, begins []int) int {
	told := slices.Index(pipeline.Statuses, pipeline.Archived)
	if !w.IsArchived {
		told = -1
		for i, begin := range begins[:5] {
			if begin <= age {
				told = i
			}
		}
	}
	if told == at {
		return 0
	}
	return at + 1
}

// digits are small numbers in base 36, a character each; one of 35 and above is
// a z and four characters. Without commas between them they compress better.
type digits []int

func (d digits) MarshalJSON() ([]byte, error) {
	b := []byte{'"'}
	for _, n := range d {
		if n < 35 {
			b = strconv.AppendInt(b, int64(n), 36)
		} else {
			b = fmt.Appendf(b, "z%04s", strconv.FormatInt(int64(n), 36))
		}
	}
	return append(b, '"'), nil
}

// lists are numbers joined by dots, and lists of them by commas.
type lists [][]int

func (l lists) MarshalJSON() ([]byte, error) {
	all := make([]string, len(l))
	for i, list := range l {
		all[i] = strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", ".")
	}
	return []byte(`"` + strings.Join(all, ",") + `"`), nil
}

// frontCoded leaves out what a name shares with the one before it. The
// characters counted are ASCII, one unit each in Go and in the script.
func frontCoded(before, name string) string {
	n := 0
	for n < min(len(before), len(name), 35) && before[n] == name[n] && name[n] < 0x80 {
		n++
	}
	return strconv.FormatInt(int64(n), 36) + name[n:]
}

// humanOffset is how many days earlier than the age says the last human commit
// was: 0 or 1 for most, which compresses to next to nothing.
func humanOffset(w *row, today, ageDays int) int {
	if w.LastHumanCommit == nil {
		return noHuman
	}
	return today - int(w.LastHumanCommit.CommittedDate.Unix()/86400) - ageDays
}

// noHuman marks a row without a human commit. A commit from the future gives
// a small negative offset, so the mark lies far below any.
const noHuman = -1_000_000
