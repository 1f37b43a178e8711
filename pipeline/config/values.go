package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The forms of values, shared with the schema.
const (
	loginForm    = `^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$`
	ownerForm    = `^@[A-Za-z0-9][A-Za-z0-9_-]{0,38}(/[A-Za-z0-9_.-]{1,100})?$`
	topicForm    = `^[a-z0-9][a-z0-9-]{0,49}$`
	spanForm     = `^[1-9][0-9]{0,3}(d|mo|y)$`
	dateForm     = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	percentForm  = `^(100|[0-9]{1,2}(\.[0-9]{1,6})?)%$`
	urlForm      = `^https?://`
	durationForm = `^([0-9]{1,6}(\.[0-9]{1,6})?(h|m|s|ms))+$`

	maxText  = 500 // characters in reasons, titles and names
	maxCount = 1_000_000
)

var (
	loginSyntax    = regexp.MustCompile(loginForm)
	ownerSyntax    = regexp.MustCompile(ownerForm)
	topicSyntax    = regexp.MustCompile(topicForm)
	dateSyntax     = regexp.MustCompile(dateForm)
	percentSyntax  = regexp.MustCompile(percentForm)
	durationSyntax = regexp.MustCompile(durationForm)
)

func parseLogin(s string) (string, error) {
	if loginSyntax.MatchString(s) {
		return s, nil
	}
	if bare := strings.Trim(strings.TrimPrefix(s, "https://github.com/"), "@/"); bare != s && loginSyntax.MatchString(bare) {
		return "", &mistake{fmt.Sprintf("%q is not a login", s), "write " + bare}
	}
	return "", &mistake{fmt.Sprintf("%q is not the login of a user or an organization", s),
		"a login has 1 to 39 letters, digits and hyphens, such as Azure-Samples"}
}

func parseOwner(s string) (string, error) {
	if ownerSyntax.MatchString(s) {
		return s, nil
	}
	return "", &mistake{fmt.Sprintf("%q names neither a user nor a team", s), `write "@user" or "@organization/team"`}
}

func parseTopic(s string) (string, error) {
	if topicSyntax.MatchString(s) {
		return s, nil
	}
	return "", &mistake{fmt.Sprintf("%q is not a topic", s), "topics have 1 to 50 lower-case letters, digits and hyphens"}
}

func parseGlob(s string) (string, error) {
	if err := checkText(s); err != nil {
		return "", err
	}
	if pipeline.CheckGlob(s) != nil {
		return "", &mistake{fmt.Sprintf("%q does not parse as a pattern", s),
			`* stands for any characters, ? for one, [a-z] for one of a range; \ makes the next one literal`}
	}
	return s, nil
}

// parseText reads text that is published: one line, not empty, without e-mail
// addresses.
func parseText(s string) (string, error) {
	if err := checkText(s); err != nil {
		return "", err
	}
	if pipeline.MaskEmails(s) != s {
		return "", &mistake{"the text holds an e-mail address", "the report is published; name a login or a team instead"}
	}
	return s, nil
}

func checkText(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return &mistake{"the text is empty", "write at least a word, or take the key out"}
	case utf8.RuneCountInString(s) > maxText:
		return &mistake{fmt.Sprintf("the text has %d characters", utf8.RuneCountInString(s)), fmt.Sprintf("%d are allowed", maxText)}
	case strings.ContainsFunc(strings.TrimSuffix(s, "\n"), func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }):
		return &mistake{"the text holds a line break or an invisible character", "write it on one line"}
	}
	return nil
}

func parseSpan(s string) (pipeline.Span, error) {
	span, err := pipeline.ParseSpan(s)
	if err != nil {
		return span, &mistake{fmt.Sprintf("%q is not a span of time", s), "write a whole number and d, mo or y, such as 90d, 6mo or 2y"}
	}
	return span, nil
}

func parseDate(s string) (*time.Time, error) {
	if !dateSyntax.MatchString(s) {
		return nil, &mistake{fmt.Sprintf("%q is not a date", s), "write YYYY-MM-DD, such as 2027-06-30"}
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil, &mistake{fmt.Sprintf("the date %s does not exist", s), "write a day of the calendar, such as 2027-06-30"}
	}
	return &t, nil
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, &mistake{fmt.Sprintf("%q is neither true nor false", s), "write true or false"}
}

func parseAllowance(s string) (pipeline.Allowance, error) {
	if percentSyntax.MatchString(s) {
		share, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		return pipeline.Allowance{Percent: share}, err
	}
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= maxCount {
		return pipeline.Allowance{Count: n}, nil
	}
	return pipeline.Allowance{}, &mistake{fmt.Sprintf("%q is neither a share nor a number of repositories", s), "write a share from 0% to 100%, such as 1%, or a whole number, such as 5"}
}

func parseDeadline(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if !durationSyntax.MatchString(s) || err != nil || d <= 0 {
		return 0, &mistake{fmt.Sprintf("%q is not a duration", s), "write hours, minutes and seconds, such as 40m or 1h30m, and more than none"}
	}
	return d, nil
}

func parseConcurrency(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100 {
		return 0, &mistake{fmt.Sprintf("%s is not a number of requests in flight", s), "write a whole number from 1 to 100; 4 is as many as GitHub sustains"}
	}
	return n, nil
}

// parseSiteURL accepts https, and http on the loopback for a preview.
func parseSiteURL(s string) (string, error) {
	if err := checkText(s); err != nil {
		return "", err
	}
	const right = "write the absolute https address of the site, such as https://azure-samples.github.io/health/"
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "":
		return "", &mistake{"this is not an absolute URL", right}
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		// What is too much may be a secret, so it is not repeated.
		return "", &mistake{fmt.Sprintf("the URL at %q holds more than an address and a path", u.Host), right}
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return s, nil
	}
	return "", &mistake{fmt.Sprintf("the URL at %q is not an https one", u.Host), right}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func parseNotes(s string) (string, error) {
	if err := checkText(s); err != nil {
		return "", err
	}
	if !filepath.IsLocal(s) {
		return "", &mistake{fmt.Sprintf("%q leads out of the directory of the configuration", s), "write a directory beside the file, such as notes/"}
	}
	return s, nil
}
