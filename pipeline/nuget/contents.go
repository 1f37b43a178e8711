package nuget

import (
	"context"
	"net/url"
	"strings"
)

// Repository reads from a version's manifest where its source lives; empty when
// it does not say. Registrations do not hold this.
func (c *Client) Repository(ctx context.Context, base, id, version string) (string, error) {
	lower := strings.ToLower(id)
	address := join(base, lower, strings.ToLower(version), lower+".nuspec")
	a, err := c.get(ctx, address, "")
	if err != nil {
		return "", err
	}
	root, err := parseXML(a.body)
	if err != nil {
		return "", &AnswerError{URL: address, Message: err.Error()}
	}
	for _, metadata := range root.children {
		for _, e := range metadata.children {
			if metadata.name == "metadata" && e.name == "repository" {
				return webAddress(e.attrs["url"]), nil
			}
		}
	}
	return "", nil
}

// webAddress returns an address as a browser takes it; empty for what is none.
func webAddress(s string) string {
	s = strings.TrimSuffix(strings.Replace(strings.TrimPrefix(strings.TrimSpace(s), "git+"), "git://", "https://", 1), ".git")
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	return u.String()
}

// repositoryAt returns a project's page where that is a repository on GitHub;
// empty otherwise.
func repositoryAt(page string) string {
	u, err := url.Parse(webAddress(page))
	if err != nil || u.Host != "github.com" || strings.Count(strings.Trim(u.Path, "/"), "/") != 1 {
		return ""
	}
	return u.String()
}
