package nuget

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Registration is what a package's registration index says, or that it did not
// change.
type Registration struct {
	Unchanged bool   `json:"unchanged,omitempty"`
	ETag      string `json:"etag,omitempty"`
	// Digest of the index; some of nuget.org's edges answer 200 to an ETag that
	// matches, so that only the text tells whether something changed.
	Digest string `json:"digest,omitempty"`
	// Page holds what the index itself contains.
	Page Page `json:"page"`
	// More are the addresses of the pages that it does not contain: those of
	// packages with 128 versions or more.
	More []string `json:"more,omitempty"`
}

// Page is some of a package's versions.
type Page struct {
	ID         string                    `json:"id"` // as the feed spells it
	ProjectURL string                    `json:"projectUrl,omitempty"`
	Versions   []pipeline.PackageVersion `json:"versions"`
}

// RegistrationQuery asks for a package's registration index.
type RegistrationQuery struct {
	Base string // of [Resources].Registrations
	ID   string
	// ETag and Digest are those of the index that is known; empty for none.
	ETag, Digest string
}

// Registration reads a registration index. Of a package that the feed does not
// have, the error's cause is [CauseNotFound].
func (c *Client) Registration(ctx context.Context, q RegistrationQuery) (Registration, error) {
	a, err := c.get(ctx, join(q.Base, strings.ToLower(q.ID), "index.json"), q.ETag)
	if err != nil {
		return Registration{}, err
	}
	if a.unchanged {
		return Registration{Unchanged: true, ETag: q.ETag, Digest: q.Digest}, nil
	}
	r := Registration{ETag: a.etag, Digest: durable.Digest(string(a.body))}
	if r.Digest == q.Digest {
		r.Unchanged = true
		return r, nil
	}
	var index struct{ Items []page }
	if err := a.decode(&index); err != nil {
		return Registration{}, err
	}
	for _, p := range index.Items {
		if p.Items != nil {
			r.Page = r.Page.With(p.page())
			continue
		}
		more := c.resolve(p.ID)
		if more == "" {
			return Registration{}, answerError(a.address, "a page has neither items nor an address")
		}
		r.More = append(r.More, more)
	}
	return r, nil
}

// Page reads a page that is not in its index.
func (c *Client) Page(ctx context.Context, address string) (Page, error) {
	if u, err := url.Parse(address); err == nil {
		u.Fragment = ""
		address = u.String()
	}
	var p page
	err := c.read(ctx, address, &p)
	return p.page(), err
}

// With joins two pages of a package, its versions in NuGet's order.
func (p Page) With(o Page) Page {
	if o.ID != "" { // the newest spelling and project are the last page's
		p.ID, p.ProjectURL = o.ID, o.ProjectURL
	}
	p.Versions = append(slices.Clone(p.Versions), o.Versions...)
	slices.SortStableFunc(p.Versions, func(a, b pipeline.PackageVersion) int {
		v, _ := ParseVersion(a.Version)
		w, _ := ParseVersion(b.Version)
		return v.Compare(w)
	})
	return p
}

// page is the protocol's form.
type page struct {
	ID    string `json:"@id"`
	Items []struct {
		CatalogEntry struct {
			ID              string
			Version         string
			Listed          *bool
			Published       string
			ProjectURL      string
			Deprecation     *deprecation
			Vulnerabilities []struct {
				AdvisoryURL string
				Severity    severity
			}
		}
	}
}

type deprecation struct {
	Reasons          words
	Message          string
	AlternatePackage *struct{ ID, Range string }
}

func (p page) page() Page {
	var out Page
	for _, i := range p.Items {
		e := i.CatalogEntry
		v, ok := ParseVersion(e.Version)
		if !ok {
			continue // nothing could refer to it
		}
		version := pipeline.PackageVersion{Version: v.String(), Published: published(e.Published), Deprecation: e.Deprecation.told()}
		version.Unlisted = e.Listed != nil && !*e.Listed || strings.HasPrefix(e.Published, "1900-")
		if version.Unlisted {
			version.Published = nil
		}
		for _, w := range e.Vulnerabilities {
			version.Vulnerabilities = append(version.Vulnerabilities, pipeline.Vulnerability{Severity: w.Severity.String(), AdvisoryURL: w.AdvisoryURL})
		}
		out.Versions = append(out.Versions, version)
		out.ID, out.ProjectURL = e.ID, e.ProjectURL
	}
	return out
}

// reasons are the protocol's, in its own spelling.
var reasons = []string{"Legacy", "CriticalBugs", "Other"}

// told reads a deprecation: reasons in any case, those not known left out, and
// "Other" when none is known.
func (d *deprecation) told() *pipeline.Deprecation {
	if d == nil {
		return nil
	}
	out := &pipeline.Deprecation{Message: short(pipeline.MaskEmails(d.Message))}
	for _, known := range reasons {
		if pipeline.ContainsFold(d.Reasons, known) {
			out.Reasons = append(out.Reasons, known)
		}
	}
	if out.Reasons == nil {
		out.Reasons = []string{"Other"}
	}
	if d.AlternatePackage != nil {
		out.Alternative = d.AlternatePackage.ID
	}
	return out
}
