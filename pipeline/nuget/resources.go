package nuget

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// Resources are the addresses that a feed's service index names; each is empty
// when the feed does not have it.
type Resources struct {
	Registrations   string `json:"registrations"`
	Search          string `json:"search,omitempty"`
	Vulnerabilities string `json:"vulnerabilities,omitempty"`
	Contents        string `json:"contents,omitempty"`
}

// The types of resource that are used, the best first. The registrations before
// 3.6.0 leave out packages that need semantic versioning 2.
var (
	registrationTypes  = []string{"RegistrationsBaseUrl/3.6.0", "RegistrationsBaseUrl/Versioned", "RegistrationsBaseUrl/3.4.0", "RegistrationsBaseUrl/3.0.0-rc", "RegistrationsBaseUrl/3.0.0-beta", "RegistrationsBaseUrl"}
	searchTypes        = []string{"SearchQueryService/3.5.0", "SearchQueryService/Versioned", "SearchQueryService/3.0.0-rc", "SearchQueryService/3.0.0-beta", "SearchQueryService"}
	vulnerabilityTypes = []string{"VulnerabilityInfo/6.7.0"}
	contentTypes       = []string{"PackageBaseAddress/3.0.0"}
)

// Resources reads the service index.
func (c *Client) Resources(ctx context.Context) (Resources, error) {
	var index struct {
		Resources []struct {
			ID   string `json:"@id"`
			Type words  `json:"@type"`
		}
	}
	if err := c.read(ctx, c.index, &index); err != nil {
		return Resources{}, err
	}
	pick := func(types []string) string {
		for _, t := range types {
			for _, r := range index.Resources {
				if slices.Contains(r.Type, t) {
					return c.resolve(r.ID)
				}
			}
		}
		return ""
	}
	r := Resources{pick(registrationTypes), pick(searchTypes), pick(vulnerabilityTypes), pick(contentTypes)}
	if r.Registrations == "" {
		return Resources{}, answerError(c.index, "it names no RegistrationsBaseUrl")
	}
	return r, nil
}

// resolve makes an address of a document absolute. What is no web address
// becomes empty.
func (c *Client) resolve(address string) string {
	base, err := url.Parse(c.index)
	if err != nil {
		return ""
	}
	u, err := base.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// join puts path segments behind a resource's address, with one slash between.
func join(base string, segments ...string) string {
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.TrimRight(base, "/") + "/" + strings.Join(segments, "/")
}
