package graphql

import (
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// CredentialsError says that GitHub does not accept the token, or that there
// is none (HTTP 401).
type CredentialsError struct {
	Message string
	// Expired reports that GitHub accepted the token earlier in this process.
	Expired bool
}

func (e *CredentialsError) Error() string {
	if e.Expired {
		return "GitHub accepted the token until now and refuses it since: " + e.Message + "; it ran out or was revoked (a GitHub App's installation token lives one hour, a workflow's GITHUB_TOKEN as long as its job, a personal token as long as its owner and enterprise set): start again with a new token, and the run resumes"
	}
	return "GitHub refused the token: " + e.Message + "; set GH_TOKEN to a token that is valid and not expired (gh auth token prints one)"
}

// Remedy is to suspend when the token ran out on the way, so that the run resumes
// with another; else to abort, because the same token is refused again.
func (e *CredentialsError) Remedy() durable.Remedy {
	r := abort(github.CauseCredentials)
	if e.Expired {
		r.Course = durable.Suspend
	}
	return r
}

// ForbiddenError says that the token may not do what was asked at all (HTTP
// 403 that is no limit, or an error of type FORBIDDEN): a policy, SAML single
// sign-on, a missing scope.
type ForbiddenError struct {
	Message string
	// Owner is the only one that it concerns; empty when it concerns everything.
	Owner string
}

func (e *ForbiddenError) Error() string {
	what := "GitHub forbids this token to ask"
	if e.Owner != "" {
		what += " about " + e.Owner
	}
	return what + ": " + e.Message + e.advice()
}

// advice is what to do about it, unless GitHub's own words say so, as those of a
// policy on tokens do.
func (e *ForbiddenError) advice() string {
	said := strings.ToLower(e.Message)
	switch {
	case strings.Contains(said, "saml") || strings.Contains(said, "single sign-on"):
		return "; authorize the token for the organization (SAML single sign-on)"
	case strings.Contains(said, "lifetime") || strings.Contains(said, "expir") || strings.Contains(said, "://"):
		return ""
	}
	return "; use a token that has read access"
}

// Remedy is to fail for one owner, so that the others succeed, and else to abort.
func (e *ForbiddenError) Remedy() durable.Remedy {
	r := abort(github.CauseForbidden)
	if e.Owner != "" {
		r.Course = durable.Fail
	}
	return r
}

// RateLimitError says that the account's points of this hour are used up.
type RateLimitError struct {
	Message string
	Until   time.Time // when the points come back
	// Doubtful reports that GitHub named a time that it cannot mean, so that Until
	// is the budget's.
	Doubtful bool
}

func (e *RateLimitError) Error() string {
	s := "GitHub's rate limit is used up until " + e.Until.UTC().Format(time.RFC3339)
	if e.Doubtful {
		s += " at the latest (the time that it named is further away than it can mean)"
	}
	return s
}

// Remedy is to wait for the reset.
func (e *RateLimitError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Retry, Cause: github.CauseRateLimit, After: time.Until(e.Until), Doubtful: e.Doubtful}
}

// SecondaryLimitError says that too much was asked at once.
type SecondaryLimitError struct {
	Message string
	// RetryAfter is how long the server asked to stay away; zero when it named
	// no time.
	RetryAfter time.Duration
	// Until is when the budget opens its gate again.
	Until time.Time
}

// tooMuch is what a secondary limit means, for the request that was refused and
// for those that wait behind it.
const tooMuch = "GitHub's secondary rate limit: too much was asked in too short a time"

func (e *SecondaryLimitError) Error() string {
	s := tooMuch
	if e.doubtful() {
		s += "; it asked to stay away until " + time.Now().Add(e.RetryAfter).UTC().Format(time.DateOnly) + ", which is more than a server can mean"
	}
	return s
}

func (e *SecondaryLimitError) doubtful() bool { return e.RetryAfter > budget.LongestWait }

// Remedy is to stay away as long as the server asked for, or as the budget chose
// where it named no time that it can mean.
func (e *SecondaryLimitError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Retry, Cause: github.CauseSecondary, After: max(min(e.RetryAfter, budget.LongestWait), time.Until(e.Until)), Doubtful: e.doubtful()}
}

// TimeoutError says that GitHub could not answer in the ten seconds that it gives
// a query, or could not answer at all just now: HTTP 500, 502, 503, 504, and the
// same as JSON. Asking for less helps against the former.
type TimeoutError struct {
	Status  int // 0 when no answer came at all
	Message string
}

func (e *TimeoutError) Error() string {
	if e.Status == 0 {
		return "GitHub did not answer in time: " + e.Message
	}
	return fmt.Sprintf("GitHub could not answer in time (HTTP %d): %s", e.Status, e.Message)
}

// Remedy is to try again.
func (e *TimeoutError) Remedy() durable.Remedy { return retry(github.CauseTimeout) }

// OutageError says that many requests in a row failed, so that asking for less
// does not help.
type OutageError struct{ Err error }

func (e *OutageError) Error() string { return "GitHub is not answering: " + e.Err.Error() }
func (e *OutageError) Unwrap() error { return e.Err }

// Remedy is to try again, and to suspend when that does not help.
func (e *OutageError) Remedy() durable.Remedy { return retry(github.CauseOutage) }

// ResourceLimitError says that the query asked for more than GitHub computes
// (RESOURCE_LIMITS_EXCEEDED). The same query never succeeds.
type ResourceLimitError struct{ Message string }

func (e *ResourceLimitError) Error() string {
	return "the query asked for more than GitHub computes: " + e.Message
}

// Remedy is to fail, so that the caller asks for less.
func (e *ResourceLimitError) Remedy() durable.Remedy { return fail(github.CauseResources) }

// EmptyAnswerError says that an answer held neither data nor an error, or was
// cut off.
type EmptyAnswerError struct{ Message string }

func (e *EmptyAnswerError) Error() string { return "GitHub's answer is unusable: " + e.Message }

// Remedy is to try again.
func (e *EmptyAnswerError) Remedy() durable.Remedy { return retry(github.CauseEmpty) }

// NetworkError says that no answer came.
type NetworkError struct {
	Endpoint string
	Err      error
	// Never reports that the endpoint never answered, and was tried often enough
	// to conclude that it will not.
	Never bool
}

func (e *NetworkError) Error() string {
	if e.Never {
		return fmt.Sprintf("cannot reach %s: %v; check --api-url and the network", e.Endpoint, e.Err)
	}
	return fmt.Sprintf("the connection to %s failed: %v", e.Endpoint, e.Err)
}

func (e *NetworkError) Unwrap() error { return e.Err }

// Remedy is to try again, and to abort when the endpoint was never reached.
func (e *NetworkError) Remedy() durable.Remedy {
	r := retry(github.CauseNetwork)
	if e.Never {
		r.Course = durable.Abort
	}
	return r
}

// EndpointError says that the endpoint is not GitHub's GraphQL API: it redirects,
// answers HTML, or does not know the path.
type EndpointError struct {
	Endpoint string
	Message  string
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("%s is not GitHub's GraphQL endpoint: %s; check --api-url (github.com: https://api.github.com/graphql, GitHub Enterprise Server: https://HOST/api/graphql)", e.Endpoint, e.Message)
}

// Remedy is to abort.
func (e *EndpointError) Remedy() durable.Remedy { return abort(github.CauseEndpoint) }

// QueryError says that GitHub does not accept the query itself.
type QueryError struct{ Message string }

func (e *QueryError) Error() string {
	return "GitHub does not accept the query: " + e.Message + "; a GitHub Enterprise Server older than 3.14 may lack fields that stalewatch needs"
}

// Remedy is to abort: the same query is refused again.
func (e *QueryError) Remedy() durable.Remedy { return abort(github.CauseQuery) }

// UnknownOwnerError says that no organization or user has this login, or that
// the token may not see it.
type UnknownOwnerError struct{ Owner string }

func (e *UnknownOwnerError) Error() string {
	if slug, ok := pipeline.Enterprise(e.Owner); ok {
		return fmt.Sprintf("GitHub knows no enterprise %q; check the spelling, and whether the token may list its organizations (a classic one needs read:enterprise)", slug)
	}
	return fmt.Sprintf("GitHub knows no organization or user %q; check the spelling, and whether the token may see it", e.Owner)
}

// Remedy is to fail, for this owner alone.
func (e *UnknownOwnerError) Remedy() durable.Remedy { return fail(github.CauseOwner) }

// PropertiesError says that an organization's custom properties cannot be read.
type PropertiesError struct{ Owner, Message string }

func (e *PropertiesError) Error() string {
	return "the custom properties of " + e.Owner + " cannot be read (" + e.Message + "); only organizations have them, and the token needs the organization's permission \"Custom properties: read\""
}

// Remedy is to fail, for this owner alone.
func (e *PropertiesError) Remedy() durable.Remedy { return fail(github.CauseProperties) }

func retry(cause string) durable.Remedy { return durable.Remedy{Course: durable.Retry, Cause: cause} }
func fail(cause string) durable.Remedy  { return durable.Remedy{Course: durable.Fail, Cause: cause} }
func abort(cause string) durable.Remedy { return durable.Remedy{Course: durable.Abort, Cause: cause} }
