package site

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

// column is one scalar field of a repository line as the CSV shows it.
type column struct {
	name  string
	value func(*repositoryLine) string
}

var columns = [...]column{
	{"id", func(l *repositoryLine) string { return guard(l.ID) }},
	{"nameWithOwner", func(l *repositoryLine) string { return guard(l.NameWithOwner) }},
	{"url", func(l *repositoryLine) string { return guard(l.URL) }},
	{"description", func(l *repositoryLine) string { return guardPtr(l.Description) }},
	{"status", func(l *repositoryLine) string { return string(l.Status) }},
	{"statusSince", func(l *repositoryLine) string { return rfc3339(time.Time(l.StatusSince)) }},
	{"previousStatus", func(l *repositoryLine) string { return guardPtr(l.PreviousStatus) }},
	{"defaultBranch", func(l *repositoryLine) string { return guardPtr(l.DefaultBranch) }},
	{"staleFrom", func(l *repositoryLine) string { return deref(l.StaleFrom) }},
	{"ageDays", func(l *repositoryLine) string {
		if l.AgeDays == nil {
			return ""
		}
		return strconv.Itoa(*l.AgeDays)
	}},
	{"pushedAt", func(l *repositoryLine) string {
		if l.PushedAt == nil {
			return ""
		}
		return rfc3339(time.Time(*l.PushedAt))
	}},
	{"isArchived", func(l *repositoryLine) string { return strconv.FormatBool(l.IsArchived) }},
	{"isFork", func(l *repositoryLine) string { return strconv.FormatBool(l.IsFork) }},
	{"isTemplate", func(l *repositoryLine) string { return strconv.FormatBool(l.IsTemplate) }},
	{"isMirror", func(l *repositoryLine) string { return strconv.FormatBool(l.IsMirror) }},
	{"isEmpty", func(l *repositoryLine) string { return strconv.FormatBool(l.IsEmpty) }},
	{"isDisabled", func(l *repositoryLine) string { return strconv.FormatBool(l.IsDisabled) }},
	{"isPrivate", func(l *repositoryLine) string { return strconv.FormatBool(l.IsPrivate) }},
	{"stargazerCount", func(l *repositoryLine) string { return strconv.Itoa(l.StargazerCount) }},
	{"forkCount", func(l *repositoryLine) string { return strconv.Itoa(l.ForkCount) }},
	{"openIssueCount", func(l *repositoryLine) string { return strconv.Itoa(l.OpenIssueCount) }},
	{"openPullRequestCount", func(l *repositoryLine) string { return strconv.Itoa(l.OpenPullRequestCount) }},
	{"primaryLanguage", func(l *repositoryLine) string { return guardPtr(l.PrimaryLanguage) }},
	{"license", func(l *repositoryLine) string { return guardPtr(l.License) }},
	{"readAt", func(l *repositoryLine) string { return rfc3339(time.Time(l.ReadAt)) }},
	{"readError", func(l *repositoryLine) string { return guardPtr(l.ReadError) }},
	{"visibility", func(l *repositoryLine) string { return string(l.Visibility) }},
}

// guard keeps a spreadsheet from taking text for a formula: text that begins
// as one could, or with a character that hides one, gets a leading apostrophe.
func guard(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r\x00", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func guardPtr[S ~string](s *S) string {
	if s == nil {
		return ""
	}
	return guard(string(*s))
}

// writeCSV writes RFC 4180: a header row, CRLF line ends, null as an empty field.
func (r *brief) writeCSV(w io.Writer, rows []int32) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	record := make([]string, len(columns))
	for i, col := range columns {
		record[i] = col.name
	}
	if err := c.Write(record); err != nil {
		return err
	}
	for _, i := range rows {
		line := newLine(r.rows[i].Finding, r.asOf)
		for j, col := range columns {
			record[j] = col.value(&line)
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
