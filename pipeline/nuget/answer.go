package nuget

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// DefaultURL is the service index of nuget.org.
const DefaultURL = "https://api.nuget.org/v3/index.json"

const (
	// maxAnswer bounds what is read of one answer, unpacked. A registration page
	// of 64 versions is about 100 kB; some feeds inline hundreds of MB.
	maxAnswer = 32 << 20
	// unnamedPause is how long a limit holds that names no time.
	unnamedPause = time.Minute
)

// The words by which failures are counted and kept.
const (
	CauseNotFound = "not-found"     // nothing at the address: a package that was deleted, or never was on this feed
	CauseLimit    = "nuget-limit"   // the server was asked too much (HTTP 429, or 403 with "Quota exceeded.")
	CauseServer   = "nuget-server"  // the server could not answer just now (HTTP 5xx, 408)
	CauseNetwork  = "nuget-network" // no answer came
	CauseAnswer   = "nuget-answer"  // what came is not what NuGet's protocol promises
	CauseOutage   = "nuget-outage"  // too many requests in a row failed; no further ones are sent
)

func feedError(course durable.Course, cause, format string, args ...any) error {
	return durable.WithRemedy(fmt.Errorf(format, args...), durable.Remedy{Course: course, Cause: cause})
}

func answerError(address, why string) error {
	return feedError(durable.Fail, CauseAnswer, "the answer of %s is no use: %s; check that --nuget-url is the service index of a NuGet V3 feed (nuget.org: %s)", address, why, DefaultURL)
}

func outageError(err error) error {
	return feedError(durable.Fail, CauseOutage, "the NuGet server is not answering: %w", err)
}

// limitError says how long the server asked to stay away. When that is too long
// for the other sources to wait, it is a failure.
func limitError(said string, after time.Duration) error {
	course := durable.Retry
	if after > longest {
		course = durable.Fail
	}
	return durable.WithRemedy(fmt.Errorf("the NuGet server limits requests, for %s more: %s", after, said), durable.Remedy{Course: course, Cause: CauseLimit, After: after})
}

// answer is a server's answer to a GET.
type answer struct {
	address   string
	body      []byte // nil when unchanged
	etag      string
	unchanged bool
}

// decode reads the JSON of the answer into v.
func (a answer) decode(v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return answerError(a.address, err.Error())
	}
	return nil
}

var errTooLarge = fmt.Errorf("it is over %d MiB", maxAnswer>>20)

// unpacked reads a body. Registrations are always packed, others often.
func unpacked(resp *http.Response) ([]byte, error) {
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			return nil, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if len(data) > maxAnswer {
		return nil, errTooLarge
	}
	return data, err
}

// refusal returns the error that an answer stands for; nil for a 200.
func refusal(resp *http.Response, address string, body []byte) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	said := message(body)
	switch status := resp.StatusCode; {
	case status == http.StatusNotFound, status == http.StatusGone:
		return feedError(durable.Fail, CauseNotFound, "there is nothing at %s (HTTP 404)", address)
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && strings.Contains(strings.ToLower(said), "quota"):
		return limitError(said, retryAfter(resp.Header.Get("Retry-After"), said, time.Now()))
	case status >= 500, status == http.StatusRequestTimeout:
		return feedError(durable.Retry, CauseServer, "%s could not be answered (HTTP %d)", address, status)
	default:
		return answerError(address, fmt.Sprintf("HTTP %d %s", status, said))
	}
}

// message is what a refusal says.
func message(body []byte) string {
	var said struct{ Message string }
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		said.Message = string(body)
	}
	return short(pipeline.MaskEmails(said.Message))
}

// short makes foreign text fit for one line: 300 characters at most.
func short(s string) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	return string(r[:min(len(r), 300)])
}

// inSeconds finds the wait that nuget.org's gateway names in words.
var inSeconds = regexp.MustCompile(`in (\d{1,5}) seconds?`)

func retryAfter(header, said string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(header); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	if m := inSeconds.FindStringSubmatch(said); m != nil {
		n, _ := strconv.Atoi(m[1])
		return time.Duration(n) * time.Second
	}
	return unnamedPause
}

// words is what the protocol gives as a string or as an array of strings.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(w))
	}
	var one *string
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*w = nil
	if one != nil {
		*w = words{*one}
	}
	return nil
}

// severity is a number that registrations give as a string.
type severity int

func (s *severity) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil {
		n = -1
	}
	*s = severity(n)
	return nil
}

// severities are the words for the protocol's numbers.
var severities = []string{"low", "moderate", "high", "critical"}

func (s severity) String() string {
	if s < 0 || int(s) >= len(severities) {
		return "unknown"
	}
	return severities[s]
}

// published reads a date; nil stands for what cannot be read.
func published(s string) *time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC().Truncate(time.Second)
			return &t
		}
	}
	return nil
}
