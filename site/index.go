package site

import (
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// columnar is the table as the script loads it on the first search, filter or
// sort: one array a column, which compresses several times better than one
// object a repository. Rows are in order of name. It is no public format; the
// public one is data/v1.
type columnar struct {
	AsOf     int      `json:"asOf"` // days since 1970, as all dates here
	URL      string   `json:"url"`  // what nameWithOwner is appended to for GitHub's page
	Statuses []string `json:"statuses"`
	Orgs     []string `json:"orgs"`
	Full     bool     `json:"full,omitempty"` // lists name repositories with their owners
	Langs    []string `json:"langs"`          // indices below are one more, 0 is none
	Owners   []string `json:"owners"`
	Topics   []string `json:"topics"`
	Licenses []string `json:"licenses"`
	Flags    []string `json:"flags"`

	Org     []int          `json:"org,omitempty"` // absent when there is one
	Name    []string       `json:"name"`          // in base 36, how many characters it shares with the one before; then the others
	Status  []int          `json:"status"`
	Since   []int          `json:"since"` // days before asOf
	Age     []int          `json:"age"`   // days, one more; 0 is none
	Human   []int          `json:"human"` // days before asOf less age; see noHuman
	Bot     []int          `json:"bot"`   // days before asOf, one more; 0 is none
	Lang    []int          `json:"lang"`
	Stars   []int          `json:"stars"`
	Owner   [][]int        `json:"owner"`
	Topic   [][]int        `json:"topic"`
	License []int          `json:"license"`
	Flag    []int          `json:"flag"`  // bits of flags; the bit above them says that there is no page
	Paths   map[int]string `json:"paths"` // pages that do not live at r/ and the name in lower case
}

// dictionary numbers values by first appearance, from one.
type dictionary struct {
	at     map[string]int
	values []string
}

// number is zero for the empty value. Values are cleaned as those of facets are.
func (d *dictionary) number(v string) int {
	if v = clean(v); v == "" {
		return 0
	}
	if n, ok := d.at[v]; ok {
		return n
	}
	if d.at == nil {
		d.at = map[string]int{}
	}
	d.values = append(d.values, v)
	d.at[v] = len(d.values)
	return len(d.values)
}

func (d *dictionary) list() []string { return orEmpty(d.values) }

func (r *report) makeIndex() ([]byte, error) {
	epochDays := func(t time.Time) int { return int(t.Unix() / 86400) }
	today := epochDays(r.asOf)
	c := columnar{AsOf: today, Full: !r.bare, URL: r.hostPrefix(), Paths: map[int]string{}}
	statusAt := map[pipeline.Status]int{}
	for i, s := range pipeline.Statuses {
		c.Statuses = append(c.Statuses, string(s))
		statusAt[s] = i
	}
	for _, f := range flags {
		c.Flags = append(c.Flags, f.value)
	}
	var orgs, langs, owners, topics, licenses dictionary
	for _, v := range r.facet("topic").Values { // the commonest get the shortest numbers
		topics.number(v.Value)
	}
	numbers := func(d *dictionary, values []string) []int {
		n := make([]int, len(values))
		for i, v := range values {
			n[i] = d.number(v)
		}
		return n
	}
	before := ""
	for i := range r.rows {
		w := &r.rows[i]
		org, name, _ := strings.Cut(w.NameWithOwner, "/")
		c.Org = append(c.Org, orgs.number(org)-1)
		name = clean(name)
		c.Name = append(c.Name, frontCoded(before, name))
		before = name
		c.Status = append(c.Status, statusAt[w.Status])
		c.Since = append(c.Since, max(0, today-epochDays(w.since())))
		ageDays := w.ageKey() + 1
		c.Age = append(c.Age, ageDays)
		c.Human = append(c.Human, humanOffset(w, today, max(0, ageDays-1)))
		bot := 0
		if w.Bot() != "" {
			bot = max(0, today-epochDays(w.Detail.Tip.CommittedDate)) + 1
		}
		c.Bot = append(c.Bot, bot)
		c.Lang = append(c.Lang, langs.number(deref(w.PrimaryLanguage)))
		c.Stars = append(c.Stars, w.StargazerCount)
		c.Owner = append(c.Owner, numbers(&owners, w.owners()))
		c.Topic = append(c.Topic, numbers(&topics, w.Topics))
		c.License = append(c.License, licenses.number(deref(w.License)))
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
		c.Flag = append(c.Flag, bits)
	}
	c.Orgs, c.Langs, c.Owners, c.Topics, c.Licenses = orgs.list(), langs.list(), owners.list(), topics.list(), licenses.list()
	if len(c.Orgs) < 2 {
		c.Org = nil
	}
	return encodeJSON(c, "")
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

// humanOffset is how much earlier than age says the last human commit was, in
// days by date: 0 or 1 for most, which compresses to next to nothing.
func humanOffset(w *row, today, ageDays int) int {
	if w.LastHumanCommit == nil {
		return noHuman
	}
	return today - int(w.LastHumanCommit.CommittedDate.Unix()/86400) - ageDays
}

// noHuman marks a row without a human commit. A commit from the future gives
// a small negative offset, so the mark lies far below any.
const noHuman = -1_000_000

// hostPrefix is what precedes nameWithOwner in the repositories' addresses.
func (r *report) hostPrefix() string {
	for i := range r.rows {
		if p, ok := strings.CutSuffix(r.rows[i].URL, r.rows[i].NameWithOwner); ok && safeURL(p) != "" {
			return p
		}
	}
	return "https://github.com/"
}

// indexName is where the index lives; the hash keeps a page from reading that
// of another day.
func (r *report) indexName() string { return "repos/index-" + hash(r.index) + ".json" }
