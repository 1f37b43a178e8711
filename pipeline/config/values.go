package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

var (
	loginSyntax    = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_-]{0,38}|enterprises/[A-Za-z0-9][A-Za-z0-9-]{0,59})$`)
	propertySyntax = regexp.MustCompile(`^[A-Za-z0-9_$#-]{1,75}$`)
	ownerSyntax    = regexp.MustCompile(`^@[A-Za-z0-9][A-Za-z0-9_-]{0,38}(/[A-Za-z0-9_.-]{1,100})?$`)
	topicSyntax    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)
	spanSyntax     = regexp.MustCompile(`^[1-9][0-9]{0,3}(d|mo|y)$`)
	dateSyntax     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
	feedSyntax     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	percentSyntax  = regexp.MustCompile(`^(100|[0-9]{1,2}(\.[0-9]{1,6})?)%$`)
	durationSyntax = regexp.MustCompile(`^([0-9]{1,6}(\.[0-9]{1,6})?(h|m|s|ms))+$`)
)

// maxCount bounds a number of repositories.
const maxCount = 1_000_000

// The kinds of values.
var (
	flags = kind[bool]{formBool, schema{"type": "boolean"}, parseBool, strconv.FormatBool}
	texts = line(bounded, checkPublished)
	globs = line(bounded, unless(isGlob, "does not parse as a pattern",
		`* stands for any characters, ? for one, [a-z] for one of a range; \ makes the next one literal`))
	logins        = text(patterned(loginSyntax), checkLogin)
	accounts      = matching(ownerSyntax, "names neither a user nor a team", `write "@user" or "@organization/team"`)
	topics        = matching(topicSyntax, "is not a topic", "topics have 1 to 50 lower-case letters, digits and hyphens")
	visibilities  = text(schema{"enum": pipeline.Visibilities}, unless(isVisibility, "is no visibility", "write public, internal or private"))
	properties    = matching(propertySyntax, "is not a custom property's name", "names have 1 to 75 letters, digits and _ - $ #")
	directories   = line(bounded, unless(filepath.IsLocal, "leads out of the directory of the configuration", "write a directory beside the file, such as notes/"))
	feedOwners    = matching(feedSyntax, "is not an owner on a NuGet feed", "write the name as nuget.org/profiles shows it, such as AzureSamples")
	feedURLs      = line(address, checkFeedURL)
	siteURLs      = line(address, checkSiteURL)
	spans         = kind[pipeline.Span]{formText, patterned(spanSyntax), parseSpan, showSpan}
	dates         = kind[*time.Time]{formText, patterned(dateSyntax).with("format", "date"), parseDate, showDate}
	durations     = kind[time.Duration]{formText, patterned(durationSyntax), parseDeadline, showDuration}
	concurrencies = kind[int]{formInteger, schema{"type": "integer", "minimum": 1, "maximum": 100}, parseConcurrency, strconv.Itoa}
	allowances    = kind[pipeline.Allowance]{formShare, schema{"oneOf": []schema{
		patterned(percentSyntax), {"type": "integer", "minimum": 0, "maximum": maxCount},
	}}, parseAllowance, showAllowance}
)

var (
	bounded = schema{"type": "string", "minLength": 1, "maxLength": maxText}
	address = bounded.with("format", "uri").with("pattern", "^https?://")
)

// checkPublished accepts text that may stand in a report.
func checkPublished(s string) *mistake {
	if pipeline.MaskEmails(s) != s {
		return &mistake{"the text holds an e-mail address", "the report is published; name a login or a team instead"}
	}
	return nil
}

func isGlob(s string) bool { return pipeline.CheckGlob(s) == nil }

func isVisibility(s string) bool {
	return slices.Contains(pipeline.Visibilities, pipeline.Visibility(s))
}

func checkLogin(s string) *mistake {
	if loginSyntax.MatchString(s) {
		return nil
	}
	if bare := strings.Trim(strings.TrimPrefix(s, "https://github.com/"), "@/"); bare != s && loginSyntax.MatchString(bare) {
		return &mistake{fmt.Sprintf("%q is not a login", s), "write " + bare}
	}
	return &mistake{fmt.Sprintf("%q is not the login of a user or an organization", s),
		"a login has 1 to 39 letters, digits and hyphens, such as Azure-Samples"}
}

// checkSiteURL accepts https, and http on the loopback for a preview.
func checkSiteURL(s string) *mistake {
	const right = "write the absolute https address of the site, such as https://azure-samples.github.io/health/"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return &mistake{"this is not an absolute URL", right}
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		// The rest may be a secret, so it is not repeated.
		return &mistake{fmt.Sprintf("the URL at %q holds more than an address and a path", u.Host), right}
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return &mistake{fmt.Sprintf("the URL at %q is not an https one", u.Host), right}
}

func isLoopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

// checkFeedURL accepts the address of a service index. Credentials in it could
// not be told from an address in messages and files.
func checkFeedURL(s string) *mistake {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(s, "@?#") || u.Scheme != "https" && u.Scheme != "http" {
		return &mistake{"this is not the plain address of a NuGet feed", "write that of its service index, such as https://api.nuget.org/v3/index.json"}
	}
	return nil
}

func parseSpan(s string) (pipeline.Span, *mistake) {
	span, err := pipeline.ParseSpan(s)
	if err != nil {
		return span, &mistake{fmt.Sprintf("%q is not a span of time", s), "write a whole number and d, mo or y, such as 90d, 6mo or 2y"}
	}
	return span, nil
}

func parseDate(s string) (*time.Time, *mistake) {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case !dateSyntax.MatchString(s):
		return nil, &mistake{fmt.Sprintf("%q is not a date", s), "write YYYY-MM-DD, such as 2027-06-30"}
	case err != nil:
		return nil, &mistake{fmt.Sprintf("the date %s does not exist", s), "write a day of the calendar, such as 2027-06-30"}
	}
	return &t, nil
}

func parseBool(s string) (bool, *mistake) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, &mistake{fmt.Sprintf("%q is neither true nor false", s), "write true or false"}
}

func parseAllowance(s string) (pipeline.Allowance, *mistake) {
	if percentSyntax.MatchString(s) {
		share, _ := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64) // the syntax leaves no error
		return pipeline.Allowance{Percent: share}, nil
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= maxCount {
		return pipeline.Allowance{Count: n}, nil
	}
	return pipeline.Allowance{}, &mistake{fmt.Sprintf("%q is neither a share nor a number of repositories", s), "write a share from 0% to 100%, such as 1%, or a whole number, such as 5"}
}

func parseDeadline(s string) (time.Duration, *mistake) {
	d, err := time.ParseDuration(s)
	if !durationSyntax.MatchString(s) || err != nil || d <= 0 {
		return 0, &mistake{fmt.Sprintf("%q is not a duration", s), "write hours, minutes and seconds, such as 40m or 1h30m, and more than none"}
	}
	return d, nil
}

func parseConcurrency(s string) (int, *mistake) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 0, &mistake{fmt.Sprintf("%s is not a number of requests in flight", s), "write a whole number from 1 to 100; 4 is as many as GitHub sustains"}
	}
	return n, nil
}

func showSpan(s pipeline.Span) string {
	if s == (pipeline.Span{}) {
		return ""
	}
	return s.String()
}

func showDate(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func showAllowance(a pipeline.Allowance) string {
	if a.Percent != 0 {
		return strconv.FormatFloat(a.Percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(a.Count)
}

// showDuration leaves out the parts that are zero: 40m, not 40m0s.
func showDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
