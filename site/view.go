package site

import (
	"cmp"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// view is a set of rows that an overview shows: all of them, or one owner's.
type view struct {
	path  string  // of its overview; "" for all rows
	owner string  // whose; "" for all rows
	table string  // the path of the table of all its rows
	rows  []int32 // by name

	counts map[pipeline.Status]int
	live   int // rows that age decides
	exempt int
	unread int
	steps  [][]int32 // rows of each step that has some, in the order of the worklist

	before      map[pipeline.Status]int // counts of the run that this one is compared with; nil on the first
	stepsBefore map[pipeline.Step]int   // nil when not known
}

// newView makes a view of some of all rows.
func newView(all []row, path, owner, table string, rows []int32) view {
	v := view{path: path, owner: owner, table: table, rows: rows, counts: make(map[pipeline.Status]int, len(pipeline.Statuses))}
	var steps []int32
	for _, i := range rows {
		w := &all[i]
		if w.step != "" {
			steps = append(steps, i)
		}
		v.counts[w.Status]++
		v.live += boolRank(isLive(w.Status))
		v.exempt += boolRank(w.Exemption != nil)
		v.unread += boolRank(w.unread())
	}
	slices.SortFunc(steps, func(a, b int32) int { return all[a].turn - all[b].turn })
	for i, at := range steps {
		if i == 0 || all[at].step != all[steps[i-1]].step {
			v.steps = append(v.steps, nil)
		}
		last := &v.steps[len(v.steps)-1]
		*last = append(*last, at)
	}
	return v
}

// behind counts what the report is about.
func (v *view) behind() int { return behindOf(v.counts) }

// stepPath is the path of a group of the view.
func (v *view) stepPath(s pipeline.Step) string { return cmp.Or(v.path, "steps/") + string(s) + "/" }

func (v *view) calendar() string { return cmp.Or(v.path, "data/v1/") + "coming.ics" }

func (v *view) feed() string {
	if v.path == "" {
		return "feeds/changes.atom"
	}
	return v.path + "feed.atom"
}

// state is the query that shows a group of the view in the script.
func (v *view) state(s pipeline.Step) string {
	step := [2]string{"step", string(s)}
	if v.owner == "" {
		return query(step)
	}
	return query([2]string{"owner", v.owner}, step)
}

func (v *view) nav() string {
	if v.path == "" {
		return "home"
	}
	return "owners"
}
