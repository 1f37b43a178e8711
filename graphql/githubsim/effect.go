package githubsim

import (
	"net/http"
	"strconv"
	"time"
)

// Effect is one way to misbehave. The request costs its price anyway: GitHub
// worked before things went wrong.
type Effect struct {
	name   string
	before func()                                         // before the query is executed
	value  func(o object, f *plannedField, v value) value // to each field's value
	answer func(*answer)                                  // to the answer as a whole
}

// Meanwhile does something before the request is executed: the world changes
// between two pages, say. The function must not call the server.
func Meanwhile(do func()) Effect { return Effect{name: "meanwhile", before: do} }

// replace makes an effect that puts another answer in place of the real one.
// Rate limit headers stay. GitHub's own failures take as long as it waits.
func replace(name string, other *answer) Effect {
	return Effect{name: name, answer: func(a *answer) {
		a.status, a.body = other.status, other.body
		a.gaveUp = a.gaveUp || other.status >= http.StatusInternalServerError
		for key := range other.header {
			a.header.Set(key, other.header.Get(key))
		}
	}}
}

func page(name string, status int, html string) Effect {
	a := newAnswer(status, []byte(html))
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	return replace(name, a)
}

// somethingWentWrong is how GitHub words its clock and its bugs.
const somethingWentWrong = "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. " +
	"Please include `8C2E:2A41:1E9B2F:4D8A11:6921F3B7` when reporting this issue."

// Timeout is the ten-second clock: status (502 or 504) and the JSON that
// GitHub words it in. The request costs GitHub's time up to the ceiling.
func Timeout(status int) Effect {
	return replace("timeout", newAnswer(status, response([]byte("null"), []responseError{{Message: somethingWentWrong}})))
}

// NginxPage is the load balancer's own error page, 502 or 504.
func NginxPage(status int) Effect {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return page("nginx page", status, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+title+
		"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
}

// UnicornPage is the page with the angry unicorn, 502 or 503.
func UnicornPage(status int) Effect {
	return page("unicorn page", status, "<!DOCTYPE html>\n<!--\n\nHello future GitHubber! I bet you're here to remove those nasty inline styles,\n"+
		"DRY up these templates and make 'em nice and re-usable, right?\n\n-->\n<html>\n  <head>\n    <title>Unicorn! &middot; GitHub</title>\n"+
		"  </head>\n  <body>\n    <p><strong>We had issues producing the response to your request.</strong></p>\n  </body>\n</html>\n")
}

// HTMLPage is a web page with status 200, as proxies and sign-in walls send.
func HTMLPage() Effect {
	return page("html page", http.StatusOK, "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>")
}

// SecondaryLimit is a secondary rate limit with status 200, 403 or 429. A
// negative retryAfter leaves the Retry-After header out.
func SecondaryLimit(status int, retryAfter time.Duration) Effect {
	return replace("secondary limit", secondaryLimit(status, retryAfter))
}

// PrimaryLimit is the primary rate limit: status 200 and an error of the given
// type, RATE_LIMIT or RATE_LIMITED, while the headers tell the given remaining
// points, which on GitHub are not always 0.
func PrimaryLimit(errorType string, remaining int) Effect {
	return Effect{name: "primary limit", answer: func(a *answer) {
		a.status, a.body = http.StatusOK, primaryLimit(errorType).body
		a.header.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
	}}
}

// NullData is {"data":null} with status 200 and no error.
func NullData() Effect { return body("null data", http.StatusOK, `{"data":null}`) }

// BareMessage is {"message":…} in place of data.
func BareMessage(status int, message string) Effect {
	return body("bare message", status, string(appendString([]byte(`{"message":`), message))+"}")
}

// Unauthorized is a token that stops working. With [After] it is one that
// expires.
func Unauthorized() Effect {
	return replace("unauthorized", refused(http.StatusUnauthorized, "Bad credentials"))
}

// Garbage is bytes that are no JSON, said to be JSON.
func Garbage() Effect { return body("garbage", http.StatusOK, "\x00\xff\xfe{]\"data\x1b") }

// EmptyBody is status 200 and nothing else.
func EmptyBody() Effect { return body("empty body", http.StatusOK, "") }

func body(name string, status int, text string) Effect {
	return replace(name, newAnswer(status, []byte(text)))
}

// Header sets a header of the answer, such as X-RateLimit-Reset.
func Header(name, text string) Effect {
	return Effect{name: "header", answer: func(a *answer) { a.header.Set(name, text) }}
}

// Redirect answers 301 to the URL.
func Redirect(url string) Effect {
	a := refused(http.StatusMovedPermanently, "Moved Permanently")
	a.header.Set("Location", url)
	return replace("redirect", a)
}

// TruncatedJSON sends half of the answer as if it were all.
func TruncatedJSON() Effect {
	return Effect{name: "truncated JSON", answer: func(a *answer) { a.body = a.body[:len(a.body)/2] }}
}

// ResetConnection breaks the connection before the first byte.
func ResetConnection() Effect { return breaking("connection reset", noAnswer) }

// CloseMidBody breaks the connection after half of the body.
func CloseMidBody() Effect { return breaking("closed mid-body", midBody) }

func breaking(name string, how cut) Effect {
	return Effect{name: name, answer: func(a *answer) { a.cut = how }}
}

// Slow makes GitHub take d longer than its prices say.
func Slow(d time.Duration) Effect {
	return Effect{name: "slow", answer: func(a *answer) { a.delay += d }}
}
