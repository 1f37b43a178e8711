package nuget

import (
	"context"
	"net/url"
	"strings"
)

// ManifestQuery names a version's manifest.
type ManifestQuery struct {
	Base        string // of [Resources].Contents
	ID, Version string
}

// Repository reads from a manifest where the package's source lives; empty when
// it does not say. Registrations do not tell.
func (c *Client) Repository(ctx context.Context, q ManifestQuery) (string, error) {
	id := strings.ToLower(q.ID)
	address := join(q.Base, id, strings.ToLower(q.Version), id+".nuspec")
	a, err := c.get(ctx, address, "")
	if err != nil {
		return "", err
	}
	root, err := parseXML(a.body)
	if err != nil {
		return "", answerError(address, err.Error())
	}
	if e := root.child("metadata").child("repository"); e != nil {
		return webAddress(e.attrs["url"]), nil
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
