package graphql

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// Properties reads the custom properties of a hundred of an organization's
// repositories. It costs no point.
//
// It asks REST, which documents the permission for them, the organization's
// "Custom properties: read", and has them on every supported Enterprise Server
// (docs.github.com/rest/orgs/custom-properties). GraphQL has them on github.com
// only, since December 2025
// (github.blog/changelog/2025-12-09-repository-custom-properties-graphql-api-and-url-type).
// REST counts its requests of an hour apart from GraphQL's points; GitHub's pauses
// hold for both, so the request goes through the same budget.
func (c *Client) Properties(ctx context.Context, q github.PropertiesQuery) (github.PropertiesPage, error) {
	if until := time.Unix(c.restUsedUp.Load(), 0); time.Now().Before(until) {
		return github.PropertiesPage{}, &RateLimitError{Message: "REST", Until: until}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.rest+"/orgs/"+url.PathEscape(q.Owner)+"/properties/values?"+cmp.Or(q.Page, "per_page=100"), nil)
	if err != nil {
		return github.PropertiesPage{}, &PropertiesError{Owner: q.Owner, Message: err.Error()}
	}
	req.Header.Set("Accept", "application/vnd.github+json")
	req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	a, body, err := c.get(ctx, req)
	if err != nil {
		if e, ok := errors.AsType[*ForbiddenError](err); ok {
			err = &PropertiesError{Owner: q.Owner, Message: e.Message}
		}
		return github.PropertiesPage{}, err
	}
	var rows []struct {
		FullName   string `json:"repository_full_name"`
		Properties []struct {
			Name  string `json:"property_name"`
			Value any    `json:"value"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(body, &rows); err != nil {
		return github.PropertiesPage{}, &EmptyAnswerError{Message: "the custom properties cannot be decoded: " + quote(err.Error())}
	}
	found := github.PropertiesPage{Next: nextPage(a.header.Get("Link"))}
	for _, row := range rows {
		values := make(map[string][]string)
		for _, name := range q.Names {
			for _, p := range row.Properties {
				if texts := propertyTexts(p.Value); len(texts) > 0 && strings.EqualFold(p.Name, name) {
					values[name] = texts
				}
			}
		}
		if len(values) > 0 {
			found.Repositories = append(found.Repositories, github.PropertyValues{NameWithOwner: row.FullName, Values: values})
		}
	}
	return found, nil
}

// get sends one request to REST within the budget.
func (c *Client) get(ctx context.Context, req *http.Request) (a *answer, body []byte, err error) {
	a = &answer{}
	err = c.share.Spend(ctx, budget.Ask{Kind: "properties", Urgent: true}, func(ctx context.Context, used *budget.Usage) error {
		ctx, cancel := c.timed(ctx, a)
		defer cancel()
		resp, err := c.http.Do(req.WithContext(ctx))
		if err == nil {
			body, err = io.ReadAll(resp.Body) // which the transport has read already
		}
		if a.header.Get("X-Ratelimit-Remaining") == "0" && time.Until(a.reset) < budget.LongestWait {
			c.restUsedUp.Store(a.reset.Unix())
		}
		if limit, ok := errors.AsType[*RateLimitError](err); ok {
			return limit // not GraphQL's points
		}
		err = c.account(err)
		used.PushBack = pushedBack(err)
		return err
	})
	return a, body, err
}

var nextSyntax = regexp.MustCompile(`<[^<>?]*\?([^<>]*)>; rel="next"`)

// nextPage is the query of the next page, empty after the last. The rest of its
// address is ignored, so that the token goes nowhere else.
func nextPage(link string) string {
	if m := nextSyntax.FindStringSubmatch(link); m != nil {
		return m[1]
	}
	return ""
}

// propertyTexts are the values of a property: a text, or several, or none.
func propertyTexts(v any) (texts []string) {
	values, several := v.([]any)
	if !several {
		values = []any{v}
	}
	for _, v := range values {
		if s, ok := v.(string); ok && s != "" {
			texts = append(texts, pipeline.Plain(s, pipeline.TextLimit))
		}
	}
	return texts
}
