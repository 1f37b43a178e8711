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
	// Brief follows a number in the overview's first line; "" keeps the kind out.
	Brief string
}

// The kinds of change, in the order in which pages show them.
var (
	kindRules      = kind{"rules", "Rules changed", "the rules changed"}
	kindWorse      = kind{"worse", "Became stale or dormant", "became stale or dormant"}
	kindRevived    = kind{"revived", "Came back", "came back"}
	kindNew        = kind{"new", "New", "new"}
	kindArchived   = kind{"archived", "Archived", "archived"}
	kindUnarchived = kind{"unarchived", "Unarchived", "unarchived"}
	kindGone       = kind{"gone", "Gone", "gone"}
	kindMoved      = kind{"moved", "Renamed or transferred", "renamed or transferred"}
	kindUnexempted = kind{"unexempted", "Exemption ended", ""}
	kindExempted   = kind{"exempted", "Exempted", ""}
	kindOwner      = kind{"owner", "Changed owner", ""}
	kindOutdated   = kind{"outdated", "Became outdated", ""}
	kindAged       = kind{"aged", "Other changes of status", ""}
	kindWithdrawn  = kind{"withdrawn", "Packages deprecated, vulnerable or withdrawn", ""}
	kindVersions   = kind{"versions", "New versions of packages", ""}
	kindsInOrder   = []kind{kindRules, kindWorse, kindRevived, kindNew, kindArchived, kindUnarchived, kindGone, kindMoved, kindUnexempted, kindExempted, kindOwner, kindOutdated, kindAged, kindWithdrawn, kindVersions}
)

// eventWords is what pages say of one type of event.
type eventWords struct {
	kind kind
	// words follow the name and say what happened. was is what a heading of the
	// kind leaves to say; nil for nothing.
	words, was func(from, to string) string
}

var wordsByType = map[pipeline.EventType]eventWords{
	pipeline.EventStatus: {kind{}, // which depends on its ends
		func(from, to string) string { return "went from " + from + " to " + to },
		func(from, to string) string { return from + " → " + to }},
	pipeline.EventRulesChanged:     {kindRules, always("The rules that verdicts follow changed"), nil},
	pipeline.EventNew:              {kindNew, always("is new"), nil},
	pipeline.EventGone:             {kindGone, always("is gone"), nil},
	pipeline.EventRenamed:          {kindMoved, func(from, _ string) string { return "was renamed from " + from }, wasFrom},
	pipeline.EventTransferred:      {kindMoved, func(from, _ string) string { return "was transferred from " + from }, wasFrom},
	pipeline.EventArchived:         {kindArchived, always("was archived"), nil},
	pipeline.EventUnarchived:       {kindUnarchived, always("was unarchived"), nil},
	pipeline.EventExempted:         {kindExempted, always("was exempted"), nil},
	pipeline.EventExemptionExpired: {kindUnexempted, always("is no longer exempt"), nil},
	pipeline.EventOwner: {kindOwner,
		func(from, to string) string { return "went from " + cmp.Or(from, nobody) + " to " + cmp.Or(to, nobody) },
		func(from, to string) string { return cmp.Or(from, nobody) + " → " + cmp.Or(to, nobody) }},
	pipeline.EventOutdated: {kindOutdated,
		func(_, to string) string { return "became outdated: " + strings.ReplaceAll(to, "-", " ") },
		func(_, to string) string { return strings.ReplaceAll(to, "-", " ") }},
	pipeline.EventPackageVersion: {kindVersions,
		func(_, to string) string { return "has a new version: " + to },
		func(from, to string) string { return joined(from, " → ") + to }},
	pipeline.EventPackageUnlisted: {kindWithdrawn,
		func(from, to string) string {
			return "is unlisted: " + from + cmp.Or(joined(", the newest listed is ", to), ", and no version is left")
		},
		func(from, _ string) string { return from + " unlisted" }},
	pipeline.EventPackageRemoved: {kindWithdrawn, always("was removed from the feed"), always("removed")},
	pipeline.EventPackageDeprecated: {kindWithdrawn,
		func(_, to string) string { return "became deprecated" + joined("; its owner names instead: ", to) }, always("deprecated")},
	pipeline.EventPackageVulnerable: {kindWithdrawn,
		func(_, to string) string { return "became vulnerable" + joined(": ", to) }, always("vulnerable")},
}

// Publishes reports a type of event that changes.json may hold.
func Publishes(t pipeline.EventType) bool {
	_, ok := wordsByType[t]
	return ok
}

// wordsOf has those of a change of status for what a newer program may have stored.
func wordsOf(t pipeline.EventType) eventWords {
	if !Publishes(t) {
		t = pipeline.EventStatus
	}
	return wordsByType[t]
}

func always(words string) func(from, to string) string {
	return func(string, string) string { return words }
}

func wasFrom(from, _ string) string { return "was " + from }

// joined is two texts as one; "" unless both say something.
func joined(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return a + b
}

func kindOf(e pipeline.Event) kind {
	from, to := pipeline.Status(e.From), pipeline.Status(e.To)
	switch k := wordsOf(e.Type).kind; {
	case k.Key != "":
		return k
	case isBehind(to) && slices.Index(pipeline.Statuses, from) < slices.Index(pipeline.Statuses, to):
		return kindWorse
	case isBehind(from) && isLive(to) && !isBehind(to):
		return kindRevived
	}
	return kindAged
}

// Words says what happened, after the name.
func (c change) Words() string { return wordsOf(c.Type).words(clean(c.From), clean(c.To)) }

// Aside is what a list without headings says beside the name.
func (c change) Aside() string { return cmp.Or(c.Was(), strings.ToLower(c.Kind.Title)) }

// Was is what a list under a heading says beside the name; "" for nothing.
func (c change) Was() string {
	if was := wordsOf(c.Type).was; was != nil {
		return was(clean(c.From), clean(c.To))
	}
	return ""
}

func (r *brief) change(e pipeline.Event) change {
	c := change{Event: e, Kind: kindOf(e), Name: r.displayName(e.NameWithOwner)}
	if e.Package != "" {
		c.Name = clean(e.Package)
		c.Path = r.packages[strings.ToLower(e.Package)]
		return c
	}
	if i, ok := r.byName[strings.ToLower(e.NameWithOwner)]; ok {
		c.Row = &r.rows[i]
		c.Path = c.Row.Path
	} else {
		c.Path = r.tombstonePath(e.NameWithOwner)
	}
	return c
}

func (c change) stars() int {
	if c.Row == nil {
		return -1
	}
	return c.Row.StargazerCount
}

// changeGroup is changes of one kind, the first few of them.
type changeGroup struct {
	Kind  kind
	Count int
	Shown []change
	Day   string // that of the newest
}

// changesShown is how many changes of a kind an overview and a feed name, so that
// they stay short whatever the number of repositories.
const changesShown = 8

// grouped puts events, which are newest first, into groups by kind; in each,
// those with the most stars come first.
func (r *brief) grouped(events []pipeline.Event, most int) []changeGroup {
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
		day := isoDate(changes[0].Date)
		slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.stars(), a.stars()) })
		groups = append(groups, changeGroup{k, len(changes), changes[:min(len(changes), most)], day})
	}
	return groups
}

// trendSpan is how far back the trend looks.
const trendSpan = 180 * 24 * time.Hour

// allEvents are the events of the trend's span, newest first: the snapshot's,
// then older changes of status, which the store keeps longer.
func (r *brief) allEvents() []pipeline.Event {
	events := slices.Clone(r.snap.Events)
	from, to := r.asOf.Add(-trendSpan), eventSpan.Before(r.asOf)
	for _, c := range slices.Backward(r.snap.StatusChanges) {
		if c.Date.Before(from) || !c.Date.Before(to) || c.From == pipeline.Unknown || c.To == pipeline.Unknown {
			continue
		}
		e := pipeline.Event{Date: c.Date, Type: pipeline.EventStatus, NameWithOwner: c.NameWithOwner, From: string(c.From), To: string(c.To)}
		switch pipeline.Archived {
		case c.To:
			e.Type, e.From, e.To = pipeline.EventArchived, "", ""
		case c.From:
			e.Type, e.From, e.To = pipeline.EventUnarchived, "", ""
		}
		events = append(events, e)
	}
	return events
}

// eventSpan is how long a snapshot keeps an event.
var eventSpan = pipeline.Span{Days: 90}

// eventsOf are a view's events, newest first.
func (r *brief) eventsOf(v *view) []pipeline.Event {
	all := r.allEvents()
	if v.owner == "" {
		return all
	}
	return slices.DeleteFunc(all, func(e pipeline.Event) bool {
		switch {
		case e.Package != "":
			return !r.concerns[strings.ToLower(e.Package)][v.owner]
		case e.NameWithOwner != "":
			return !slices.Contains(r.ownersOf(e.NameWithOwner), v.owner)
		}
		return false
	})
}

// eventsSince are a view's events that were noticed after the run that this one
// is compared with.
func (r *brief) eventsSince(v *view) []pipeline.Event {
	return slices.DeleteFunc(r.eventsOf(v), func(e pipeline.Event) bool {
		return e.Date.After(r.asOf) || r.snap.Since != nil && !e.Date.After(r.snap.Since.AsOf)
	})
}
