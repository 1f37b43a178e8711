package githubsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// propertiesPath is the one address of GitHub's REST API that the simulator
// knows (docs.github.com/rest/orgs/custom-properties): below github.com's base,
// and below that of an Enterprise Server.
var propertiesPath = regexp.MustCompile(`^(?:/api/v3)?/orgs/([^/]+)/properties/values$`)

// propertyValues is one element of the answer.
type propertyValues struct {
	ID         uint32          `json:"repository_id"`
	Name       string          `json:"repository_name"`
	FullName   string          `json:"repository_full_name"`
	Properties []propertyValue `json:"properties"`
}

type propertyValue struct {
	Name  string `json:"property_name"`
	Value any    `json:"value"` // a string, an array of strings, or null
}

// properties answers a page of an organization's custom properties. REST has a
// limit of its own.
func (s *Server) properties(r *http.Request, login string, req *Request, access Access, inFlight int) *answer {
	req.Kind, req.Query = Properties, r.URL.RequestURI()
	rate, over, retryAfter := s.core.admit(1, 0, inFlight)
	var a *answer
	var struck strikes
	switch req.Refused = over; over {
	case overSecondary:
		a = secondaryLimit(http.StatusForbidden, retryAfter)
	case overPrimary:
		a = refused(http.StatusForbidden, "API rate limit exceeded for user ID 1.")
	default:
		struck = s.strike(req)
		a = s.world.propertyPage(r, login, access)
	}
	rate.writeTo(a)
	a.header.Set("X-Ratelimit-Resource", "core")
	struck.spoil(a)
	return a
}

func (w *World) propertyPage(r *http.Request, login string, access Access) *answer {
	w.mu.RLock()
	defer w.mu.RUnlock()
	o := w.owners[strings.ToLower(login)]
	if o == nil || o.isUser {
		return refused(http.StatusNotFound, "Not Found")
	}
	number := func(name string, otherwise, most int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil || n < 1 {
			n = otherwise
		}
		return min(n, most)
	}
	size, page := number("per_page", 30, 100), number("page", 1, 1_000_000)
	visible := o.inOrder("CREATED_AT", access)
	start, end := min((page-1)*size, len(visible)), min(page*size, len(visible))
	values := []propertyValues{}
	for _, e := range visible[start:end] {
		repo := e.object.(*repo)
		v := propertyValues{repo.id, repo.name, repo.fullName(), []propertyValue{}}
		for _, name := range slices.Sorted(maps.Keys(repo.Properties)) {
			v.Properties = append(v.Properties, propertyValue{name, repo.Properties[name]})
		}
		values = append(values, v)
	}
	body, _ := json.Marshal(values) // plain values always marshal
	a := newAnswer(http.StatusOK, body)
	if end < len(visible) {
		a.header.Set("Link", fmt.Sprintf(`<http://%s/organizations/%d/properties/values?per_page=%d&page=%d>; rel="next"`, cmp.Or(r.Host, "github.test"), o.id, size, page+1))
	}
	return a
}

// SetProperties gives a repository other custom properties. As far as GitHub's
// documentation goes that moves no date.
func (w *World) SetProperties(name string, properties map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.must(name).Properties = properties
}
