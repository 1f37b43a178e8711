package site

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// change is an event as pages show it.
type change struct {
	pipeline.Event
	Kind kind
	Name string
	Path string // of the repository's page; "" for none
	Row  *row   // nil for a repository that is not listed any more
}

// kind groups events under the words that the report uses for them.
type kind struct {
	Key, Title string
	// None completes "No repository was …" for the sentence about what did not
	// happen; "" keeps it out of that sentence.
	None string
}

// The kinds of change, in the order in which pages show them.
var (
	kindRules       = kind{"rules", "Rules changed", ""}
	kindWorse       = kind{"worse", "Became stale or dormant", ""}
	kindRevived     = kind{"revived", "Revived", "revived"}
	kindNew         = kind{"new", "New", "added"}
	kindArchived    = kind{"archived", "Archived", "archived"}
	kindUnarchived  = kind{"unarchived", "Unarchived", "unarchived"}
	kindGone        = kind{"gone", "Gone", "removed"}
	kindMoved       = kind{"moved", "Renamed or transferred", ""}
	kindAged        = kind{"aged", "Other changes of status", ""}
	kindOwner       = kind{"owner", "Changed owner", ""}
	kindExempted    = kind{"exempted", "Exempted", ""}
	kindUnexempted  = kind{"unexempted", "Exemption ended", ""}
	kindsInOrder    = []kind{kindRules, kindWorse, kindRevived, kindNew, kindArchived, kindUnarchived, kindGone, kindMoved, kindAged, kindOwner, kindExempted, kindUnexempted}
	kindsOfOverview = []kind{kindRules, kindWorse, kindRevived, kindNew, kindArchived, kindUnarchived, kindGone, kindMoved}
)

func kindOf(e pipeline.Event) kind {
	switch e.Type {
	case pipeline.EventRulesChanged:
		return kindRules
	case pipeline.EventNew:
		return kindNew
	case pipeline.EventGone:
		return kindGone
	case pipeline.EventRenamed, pipeline.EventTransferred:
		return kindMoved
	case pipeline.EventArchived:
		return kindArchived
	case pipeline.EventUnarchived:
		return kindUnarchived
	case pipeline.EventOwner:
		return kindOwner
	case pipeline.EventExempted:
		return kindExempted
	case pipeline.EventExemptionExpired:
		return kindUnexempted
	}
	from, to := slices.Index(pipeline.Statuses, pipeline.Status(e.From)), slices.Index(pipeline.Statuses, pipeline.Status(e.To))
	switch {
	case e.To == string(pipeline.Stale) || e.To == string(pipeline.Dormant):
		if to > from {
			return kindWorse
		}
	case to >= 0 && to < 3 && to < from:
		return kindRevived
	}
	return kindAged
}

// Words says what happened, after the name.
func (c change) Words() string {
	from, to := clean(c.From), clean(c.To)
	switch c.Type {
	case pipeline.EventNew:
		return "is new"
	case pipeline.EventGone:
		return "is gone"
	case pipeline.EventRenamed:
		return "was renamed from " + from
	case pipeline.EventTransferred:
		return "was transferred from " + from
	case pipeline.EventArchived:
		return "was archived"
	case pipeline.EventUnarchived:
		return "was unarchived"
	case pipeline.EventOwner:
		return "went from " + cmp.Or(from, "nobody") + " to " + cmp.Or(to, "nobody")
	case pipeline.EventExempted:
		return "was exempted"
	case pipeline.EventExemptionExpired:
		return "is no longer exempt"
	case pipeline.EventRulesChanged:
		return "The rules that verdicts follow changed"
	default:
		return "went from " + from + " to " + to
	}
}

// Aside is what a list says beside the name, under a heading that already says
// what happened.
func (c change) Aside() string {
	switch c.Type {
	case pipeline.EventStatus:
		return "was " + clean(c.From)
	case pipeline.EventRenamed, pipeline.EventTransferred:
		return "was " + clean(c.From)
	case pipeline.EventOwner:
		return "was " + cmp.Or(clean(c.From), "nobody's")
	}
	switch {
	case c.Row == nil:
		return ""
	case c.Row.AgeDays == nil:
		return "★ " + c.Row.Stars()
	}
	return "★ " + c.Row.Stars() + " · " + c.Row.Age()
}

// Moved reports whether the status after the event can be shown as a chip.
func (c change) Moved() bool { return c.Type == pipeline.EventStatus }

// Status is the status after a change of status.
func (c change) Status() pipeline.Status { return pipeline.Status(c.To) }

func (r *report) change(e pipeline.Event) change {
	c := change{Event: e, Kind: kindOf(e), Name: r.displayName(e.NameWithOwner)}
	if i, ok := r.rowFiles[strings.ToLower(e.NameWithOwner)]; ok {
		c.Row = &r.rows[i]
		c.Path = c.Row.Path
		c.Name = c.Row.Name
	} else {
		c.Path = r.tombstonePath(e.NameWithOwner)
	}
	return c
}

// displayName is how lists name a repository.
func (r *report) displayName(nameWithOwner string) string {
	if _, name, ok := strings.Cut(nameWithOwner, "/"); ok && r.bare {
		return clean(name)
	}
	return clean(nameWithOwner)
}

// sinceYesterday is what this run noticed.
type sinceYesterday struct {
	First  bool   // there is nothing to compare with
	Title  string // "Since yesterday"
	Groups []changeGroup
	Other  int    // changes that no group shows
	None   string // what did not happen, as a sentence; "" when everything did
}

// changeGroup is changes of one kind, the first few of them.
type changeGroup struct {
	Kind  kind
	Count int
	Shown []change
}

func (r *report) sinceYesterday() sinceYesterday {
	if r.snap.Since == nil {
		return sinceYesterday{First: true}
	}
	words := sinceWords(r)
	s := sinceYesterday{Title: strings.ToUpper(words[:1]) + words[1:]}
	groups := r.grouped(r.eventsOf(r.asOf), namesShown)
	var none []string
	for _, k := range kindsOfOverview {
		if i := slices.IndexFunc(groups, func(g changeGroup) bool { return g.Kind == k }); i >= 0 {
			s.Groups = append(s.Groups, groups[i])
			groups = slices.Delete(groups, i, i+1)
		} else if k.None != "" {
			none = append(none, k.None)
		}
	}
	for _, g := range groups {
		s.Other += g.Count
	}
	if !slices.ContainsFunc(s.Groups, func(g changeGroup) bool { return g.Kind == kindWorse }) {
		s.None = "No repository became stale or dormant. "
	}
	if len(none) > 0 {
		s.None += "No repository was " + joinOr(none) + "."
	}
	return s
}

// eventsOf are the events that the run at a moment noticed.
func (r *report) eventsOf(at time.Time) []pipeline.Event {
	var events []pipeline.Event
	for _, e := range r.snap.Events {
		if e.Date.Equal(at) {
			events = append(events, e)
		}
	}
	return events
}

// grouped sorts events by kind and, within one, by stars.
func (r *report) grouped(events []pipeline.Event, most int) []changeGroup {
	byKind := map[kind][]change{}
	for _, e := range events {
		c := r.change(e)
		byKind[c.Kind] = append(byKind[c.Kind], c)
	}
	var groups []changeGroup
	for _, k := range kindsInOrder {
		changes := byKind[k]
		if len(changes) == 0 {
			continue
		}
		slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.stars(), a.stars()) })
		groups = append(groups, changeGroup{k, len(changes), changes[:min(len(changes), most)]})
	}
	return groups
}

func (c change) stars() int {
	if c.Row == nil {
		return -1
	}
	return c.Row.StargazerCount
}

func joinOr(parts []string) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " or " + parts[n-1]
	}
	return parts[0]
}
