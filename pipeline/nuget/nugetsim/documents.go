package nugetsim

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What nuget.org does with long registrations, and with searches.
const (
	pageSize    = 64
	inlinePages = 128 // versions from which on pages are documents of their own
	maxTake     = 1000
	fallback    = 20
	maxSkip     = 3000
)

// semVer2 reports a version that clients of older protocols do not get.
func semVer2(v string) bool {
	_, label, _ := strings.Cut(v, "-")
	return strings.ContainsAny(label, ".+") || strings.Contains(v, "+")
}

// registration answers "{id}/index.json" and "{id}/page/{n}.json".
func (s *Server) registration(hive string, parts []string) any {
	p := s.find(parts[0])
	if p == nil {
		return nil
	}
	versions := slices.DeleteFunc(slices.Clone(p.Versions), func(v Version) bool { return hive == "registration" && semVer2(v.Version) })
	pages := slices.Collect(slices.Chunk(versions, pageSize))
	base := fmt.Sprintf("%s/%s/%s/", s.base, hive, parts[0])
	document := func(n int, full bool) map[string]any {
		page := pages[n]
		doc := map[string]any{
			"@id": fmt.Sprintf("%spage/%d.json", base, n), "count": len(page),
			"lower": page[0].Version, "upper": page[len(page)-1].Version,
		}
		if full {
			var items []any
			for _, v := range page {
				items = append(items, s.leaf(base, p, v))
			}
			doc["items"], doc["parent"] = items, base+"index.json"
		}
		return doc
	}
	switch {
	case len(parts) == 2 && parts[1] == "index.json" && len(versions) > 0:
		var items []any
		for n := range pages {
			items = append(items, document(n, len(versions) < inlinePages))
		}
		return map[string]any{"@id": base + "index.json", "count": len(pages), "items": items}
	case len(parts) == 3 && parts[1] == "page":
		n, err := strconv.Atoi(strings.TrimSuffix(parts[2], ".json"))
		if err == nil && n >= 0 && n < len(pages) && len(versions) >= inlinePages {
			return document(n, true)
		}
	}
	return nil
}

func (s *Server) leaf(base string, p *Package, v Version) any {
	entry := map[string]any{
		"@id": base + "catalog/" + v.Version + ".json", "id": p.ID, "version": v.Version,
		"published": v.Published.UTC().Format("2006-01-02T15:04:05.000+00:00"), "authors": strings.Join(p.Owners, ", "), "tags": []string{"sample"},
	}
	if p.ProjectURL != "" {
		entry["projectUrl"] = p.ProjectURL
	}
	if v.Unlisted {
		entry["listed"], entry["published"] = false, "1900-01-01T00:00:00+00:00"
	}
	if d := v.Deprecation; d != nil {
		doc := map[string]any{"reasons": d.Reasons, "message": d.Message}
		if d.Alternative != "" {
			doc["alternatePackage"] = map[string]string{"id": d.Alternative, "range": "*"}
		}
		entry["deprecation"] = doc
	}
	var vulnerabilities []any
	for _, a := range s.world.Advisories[strings.ToLower(p.ID)] {
		if slices.Contains(a.In, v.Version) {
			vulnerabilities = append(vulnerabilities, map[string]string{"advisoryUrl": a.URL, "severity": strconv.Itoa(a.Severity)})
		}
	}
	if vulnerabilities != nil {
		entry["vulnerabilities"] = vulnerabilities
	}
	return map[string]any{"@id": base + v.Version + ".json", "catalogEntry": entry, "registration": base + "index.json"}
}

// search answers what is asked with "owner:".
func (s *Server) search(q url.Values) any {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(q.Get(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	skip, take := number("skip", 0), number("take", fallback)
	if take > maxTake {
		take = fallback
	}
	owner, byOwner := strings.CutPrefix(q.Get("q"), "owner:")
	hits := []any{}
	total := 0
	for _, p := range s.world.Packages {
		latest := ""
		for _, v := range p.Versions {
			if !v.Unlisted && (q.Get("prerelease") == "true" || !strings.Contains(v.Version, "-")) && (q.Get("semVerLevel") == "2.0.0" || !semVer2(v.Version)) {
				latest = v.Version
			}
		}
		isOwner := slices.ContainsFunc(p.Owners, func(o string) bool { return strings.EqualFold(o, owner) })
		if latest == "" || !byOwner || !isOwner {
			continue
		}
		if total++; total <= skip || len(hits) >= take || skip > maxSkip {
			continue
		}
		hit := map[string]any{"id": p.ID, "version": latest, "totalDownloads": p.Downloads, "owners": p.Owners}
		if len(p.Owners) == 1 {
			hit["owners"] = p.Owners[0]
		}
		hits = append(hits, hit)
	}
	return map[string]any{"totalHits": total, "data": hits}
}

func (s *Server) vulnerabilities() any {
	file := func(name string) map[string]string {
		return map[string]string{"@name": name, "@id": s.base + "/vulnerabilities/" + name + ".json", "@updated": time.Unix(0, 0).UTC().Format(time.RFC3339), "comment": ""}
	}
	return []any{file("base"), file("update")}
}

// vulnerabilityFile gives every other advisory in one file, the rest in the other.
func (s *Server) vulnerabilityFile(name string) any {
	if name != "base.json" && name != "update.json" {
		return nil
	}
	doc := make(map[string]any)
	for id, all := range s.world.Advisories {
		var some []any
		for i, a := range all {
			if (i%2 == 0) == (name == "base.json") {
				some = append(some, map[string]any{"severity": a.Severity, "url": a.URL, "versions": a.Versions})
			}
		}
		if some != nil {
			doc[id] = some
		}
	}
	return doc
}

// nuspec answers "{id}/{version}/{id}.nuspec".
func (s *Server) nuspec(w http.ResponseWriter, parts []string) int {
	p := s.find(parts[0])
	if p == nil || parts[2] != parts[0]+".nuspec" || !slices.ContainsFunc(p.Versions, func(v Version) bool { return strings.ToLower(v.Version) == parts[1] }) {
		return refuse(w, http.StatusNotFound)
	}
	repository := ""
	if p.RepositoryURL != "" {
		var b strings.Builder
		xml.EscapeText(&b, []byte(p.RepositoryURL))
		repository = `<repository type="git" url="` + b.String() + `" />`
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>%s</id><version>%s</version>%s</metadata></package>", p.ID, parts[1], repository)
	return http.StatusOK
}
