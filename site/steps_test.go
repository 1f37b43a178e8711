package site_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stalewatch/stalewatch/pipeline"
)

// rowsOf are the names in a page's table, in order.
func rowsOf(t *testing.T, page []byte) []string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.Data == "th" && attr(n, "scope") == "row" {
			names = append(names, n.FirstChild.FirstChild.Data)
		}
	}
	return names
}

// TestStepPages: each group of the worklist is the same set in the same order in
// the data, on the overview, as a table, and as a list to copy; so it is for each
// owner, whose groups add up to the whole.
func TestStepPages(t *testing.T) {
	situation := "paged"
	if testing.Short() {
		situation = "owners"
	}
	snap, files := situations[situation](), siteOf(t, situation)
	var summary struct {
		Steps []struct {
			Step, Title string
			Count       int
			Change      *int
		}
	}
	if err := json.Unmarshal(files["data/v1/summary.json"], &summary); err != nil {
		t.Fatal(err)
	}
	for i, g := range pipeline.Worklist(snap.Findings, asOf) {
		s := summary.Steps[i]
		if s.Step != string(g.Step) || s.Count != len(g.Findings) || s.Title == "" || s.Change == nil {
			t.Errorf("summary.json says %+v of %s with %d", s, g.Step, len(g.Findings))
		}
		dir := "steps/" + s.Step + "/"
		if s.Count == 0 {
			if files[dir+"index.html"] != nil || bytes.Contains(files["index.html"], []byte(s.Title)) {
				t.Errorf("the empty group %s has a page", s.Step)
			}
			continue
		}
		var want []string
		for _, at := range g.Findings {
			want = append(want, path.Base(snap.Findings[at].NameWithOwner))
		}
		var got []string
		for n := 1; files[dir+"index.html"] != nil; n++ {
			got = append(got, rowsOf(t, files[dir+"index.html"])...)
			dir = fmt.Sprintf("steps/%s/%d/", s.Step, n+1)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the table has %v, want %v", s.Step, got, want)
		}
		list := strings.Split(strings.TrimSpace(string(files["steps/"+s.Step+"/list.md"])), "\n")
		for n, line := range list {
			if !strings.HasPrefix(line, "- [ ] [contoso/"+want[n]+"](<https://github.com/contoso/"+want[n]+">): ") {
				t.Errorf("%s: line %d of the list is %q", s.Step, n+1, line)
			}
		}
		if len(list) != len(want) {
			t.Errorf("%s: the list has %d lines, want %d", s.Step, len(list), len(want))
		}
		owned := 0
		for name, b := range files {
			if ok, _ := path.Match("owners/*/"+s.Step+"/list.md", name); ok {
				owned += bytes.Count(b, []byte("\n"))
			}
		}
		if owned != len(want) { // each repository of generated has one owner or nobody
			t.Errorf("%s: the owners' lists have %d lines, want %d", s.Step, owned, len(want))
		}
	}
	for _, none := range []pipeline.Step{pipeline.StepSoon, pipeline.StepEnding, pipeline.StepNobody} {
		if files["steps/"+string(none)+"/commands.txt"] != nil {
			t.Errorf("%s has commands", none)
		}
	}
	if page := siteOf(t, "well")["index.html"]; !bytes.Contains(page, []byte("Nothing: no live repository is stale")) {
		t.Error("a report without anything to do does not say so")
	}
}

// TestCalendar holds what RFC 5545 asks, that entries keep their UID while their
// day moves, and that the days are the worklist's.
func TestCalendar(t *testing.T) {
	uids := func(files map[string][]byte) map[string]string {
		b := string(files["data/v1/coming.ics"])
		var open []string
		found := map[string]string{}
		uid := ""
		for line := range strings.SplitSeq(strings.TrimSuffix(b, "\r\n"), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("the line %q is not folded", line)
			}
			name, value, _ := strings.Cut(line, ":")
			switch name {
			case "BEGIN":
				open = append(open, value)
			case "END":
				if len(open) == 0 || open[len(open)-1] != value {
					t.Fatalf("END:%s closes %v", value, open)
				}
				open = open[:len(open)-1]
			case "UID":
				uid = value
			case "DTSTART;VALUE=DATE":
				if _, ok := found[uid]; ok || uid == "" {
					t.Errorf("the UID %q stands twice", uid)
				}
				found[uid] = value
			}
		}
		if len(open) != 0 || !strings.HasPrefix(b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") || !regexp.MustCompile(`BEGIN:V(EVENT|TIMEZONE)`).MatchString(b) {
			t.Errorf("no calendar:\n%s", b)
		}
		return found
	}
	before := uids(siteOf(t, "sample"))
	days := map[string]bool{}
	for _, f := range sample().Findings {
		if s := pipeline.StepOf(&f, asOf); s == pipeline.StepSoon || s == pipeline.StepEnding {
			days[pipeline.StepDay(&f, s).Format("20060102")] = true
		}
	}
	moved := sample()
	for i := range moved.Findings {
		if f := &moved.Findings[i]; f.StaleFrom != nil {
			f.StaleFrom = new(f.StaleFrom.AddDate(0, 0, -1))
		}
	}
	after, changed := uids(render(t, moved, options)), 0
	for uid, day := range before {
		if !days[day] {
			t.Errorf("an entry is on %s", day)
		}
		if now, ok := after[uid]; !ok {
			t.Errorf("the entry of %s has another UID when its day moves", day)
		} else if now != day {
			changed++
		}
	}
	if len(before) < 3 || changed == 0 {
		t.Errorf("%d entries, %d of which moved", len(before), changed)
	}
	if n := len(uids(siteOf(t, "well"))); n != 0 {
		t.Errorf("%d entries where nothing comes", n)
	}
}
