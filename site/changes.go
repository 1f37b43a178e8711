package site

import (
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The days that the changes page shows in full, and the most changes of a kind
// that one day lists.
const (
	recentDays = 30
	perGroup   = 100
)

// changesPage is the changes of 30 days, or of an older month.
type changesPage struct {
	chrome
	Heading string
	Intro   string
	Days    []changeDay
	Months  []month
	Older   bool // a page of an older month
}

type changeDay struct {
	At     time.Time
	Count  int
	Groups []changeGroup
}

// month is the changes of an older month.
type month struct {
	Title, Path string
	Count       int
	days        []changeDay
}

func (r *brief) changePages(emit emit) {
	var recent []changeDay
	var months []month
	for _, day := range r.changeDays() {
		if r.asOf.Sub(day.At) <= recentDays*24*time.Hour {
			recent = append(recent, day)
			continue
		}
		path := "changes/" + day.At.Format("2006-01") + "/"
		if n := len(months); n == 0 || months[n-1].Path != path {
			months = append(months, month{Title: day.At.Format("January 2006"), Path: path})
		}
		m := &months[len(months)-1]
		m.Count, m.days = m.Count+day.Count, append(m.days, day)
	}
	page := func(path, heading, intro string, days []changeDay) {
		emit(path+"index.html", html("changes", func() (changesPage, error) {
			return changesPage{
				chrome: r.page(path, "changes", heading, heading+". "+intro), Heading: heading, Intro: intro,
				Days: days, Months: months, Older: path != "changes/",
			}, nil
		}))
	}
	intro := "What happened within the last " + pipeline.Plural(int(trendSpan/(24*time.Hour)), "day") + "."
	page("changes/", "Changes", intro, recent)
	for _, m := range months {
		page(m.Path, "Changes in "+m.Title, pipeline.Plural(m.Count, "change")+".", m.days)
	}
}

// changeDays groups the events by the day on which they were noticed, newest
// first.
func (r *brief) changeDays() []changeDay {
	var days []changeDay
	events := r.allEvents()
	for len(events) > 0 {
		day := isoDate(events[0].Date)
		n := firstOther(events, func(e pipeline.Event) bool { return isoDate(e.Date) == day })
		days = append(days, changeDay{events[0].Date.UTC(), n, r.grouped(events[:n], perGroup)})
		events = events[n:]
	}
	return days
}
