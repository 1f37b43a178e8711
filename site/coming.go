package site

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stalewatch/stalewatch/pipeline"
)

// writeCalendar writes what is coming for a view as iCalendar (RFC 5545): a day
// for each repository that becomes stale and each exemption that ends, as the
// worklist has them. An entry keeps its UID while its day moves, so that a
// subscriber sees it move.
func (r *brief) writeCalendar(w io.Writer, v *view) error {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(foldLine(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//stalewatch//coming//EN")
	line("METHOD", "PUBLISH")
	line("X-WR-CALNAME", calendarText(r.title+": becoming stale, and exemptions that end"))
	const compact = "20060102T150405Z"
	entries := 0
	for _, rows := range v.steps {
		for _, i := range rows {
			row := &r.rows[i]
			day := pipeline.StepDay(row.Finding, row.step)
			if day.IsZero() {
				continue
			}
			entries++
			name := clean(row.NameWithOwner)
			summary := name + " becomes stale"
			if row.step == pipeline.StepEnding {
				summary = "The exemption of " + name + " ends"
			}
			line("BEGIN", "VEVENT")
			line("UID", strings.TrimPrefix(uuid(string(row.step), row.ID), "urn:uuid:"))
			line("DTSTAMP", r.asOf.Format(compact))
			line("DTSTART;VALUE=DATE", day.UTC().Format("20060102"))
			line("DTEND;VALUE=DATE", day.UTC().AddDate(0, 0, 1).Format("20060102"))
			line("SUMMARY", calendarText(summary))
			line("DESCRIPTION", calendarText(clean(row.Reason.Sentence)))
			if url := row.GitHub(); url != "" {
				line("URL", url)
			}
			line("TRANSP", "TRANSPARENT")
			line("END", "VEVENT")
		}
	}
	if entries == 0 { // a calendar has at least one component
		for _, l := range []string{"BEGIN:VTIMEZONE", "TZID:UTC", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0000", "END:STANDARD", "END:VTIMEZONE"} {
			b.WriteString(l + "\r\n")
		}
	}
	line("END", "VCALENDAR")
	_, err := io.WriteString(w, b.String())
	return err
}

// calendarText escapes a text value.
func calendarText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// foldLine breaks a content line after at most 75 octets, between characters.
func foldLine(s string) string {
	var b strings.Builder
	room := 75
	for _, c := range s {
		if n := utf8.RuneLen(c); n > room {
			b.WriteString("\r\n ")
			room = 74
		}
		b.WriteRune(c)
		room -= utf8.RuneLen(c)
	}
	return b.String() + "\r\n"
}
