package nugetsim

import (
	"encoding/xml"
	"fmt"
	"net/http"
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

// The hives of registrations: the older one leaves out versions that clients of
// older protocols do not know.
const (
	oldHive = "registration"
	hive    = "registration-semver2"
)

// semVer2 reports a version that clients of older protocols do not get.
func semVer2(v string) bool {
	_, label, _ := strings.Cut(v, "-")
	return strings.ContainsAny(label, ".+") || strings.Contains(v, "+")
}

func (s *Server) index(*http.Request) any {
	resource := func(kind, path string) map[string]string {
		return map[string]string{"@type": kind, "@id": s.base + path}
	}
	return map[string]any{"version": "3.0.0", "resources": []any{
		resource("SearchQueryService", "/query"), resource("SearchQueryService/3.5.0", "/query"),
		resource("RegistrationsBaseUrl", "/"+oldHive+"/"), resource("RegistrationsBaseUrl/3.6.0", "/"+hive+"/"),
		resource("PackageBaseAddress/3.0.0", "/contents/"), resource("VulnerabilityInfo/6.7.0", "/vulnerabilities/index.json"),
	}}
}

// find returns a package by its id in lower case, which is how paths name it,
// and its versions in a hive.
func (s *Server) find(hive, lower string) (*Package, []Version) {
	i := slices.IndexFunc(s.world.Packages, func(p Package) bool { return strings.ToLower(p.ID) == lower })
	if i < 0 {
		return nil, nil
	}
	p := &s.world.Packages[i]
	return p, slices.DeleteFunc(slices.Clone(p.Versions), func(v Version) bool { return hive == oldHive && semVer2(v.Version) })
}

// registration is a package's index. Its pages stand in it when there are few.
func (s *Server) registration(hive, id string) any {
	p, versions := s.find(hive, id)
	if len(versions) == 0 {
		return nil
	}
	base := s.base + "/" + hive + "/" + id + "/"
	var items []any
	for page := range slices.Chunk(versions, pageSize) {
		items = append(items, s.pageOf(base, len(items), p, page, len(versions) < inlinePages))
	}
	return map[string]any{"@id": base + "index.json", "count": len(items), "items": items}
}

// page is one that is not in its index.
func (s *Server) page(hive, id, file string) any {
	p, versions := s.find(hive, id)
	pages := slices.Collect(slices.Chunk(versions, pageSize))
	n, err := strconv.Atoi(strings.TrimSuffix(file, ".json"))
	if err != nil || n < 0 || n >= len(pages) || len(versions) < inlinePages {
		return nil
	}
	return s.pageOf(s.base+"/"+hive+"/"+id+"/", n, p, pages[n], true)
}

func (s *Server) pageOf(base string, n int, p *Package, versions []Version, full bool) any {
	doc := map[string]any{
		"@id": fmt.Sprintf("%spage/%d.json", base, n), "count": len(versions),
		"lower": versions[0].Version, "upper": versions[len(versions)-1].Version,
	}
	if full {
		var items []any
		for _, v := range versions {
			items = append(items, s.leaf(base, p, v))
		}
		doc["items"], doc["parent"] = items, base+"index.json"
	}
	return doc
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
func (s *Server) search(r *http.Request) any {
	q := r.URL.Query()
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

func (s *Server) vulnerabilities(*http.Request) any {
	file := func(name string) map[string]string {
		return map[string]string{"@name": name, "@id": s.base + "/vulnerabilities/" + name + ".json", "@updated": time.Unix(0, 0).UTC().Format(time.RFC3339), "comment": ""}
	}
	return []any{file("base"), file("update")}
}

// vulnerabilityFile gives every other advisory in one file, the rest in the other.
func (s *Server) vulnerabilityFile(r *http.Request) any {
	name := r.PathValue("file")
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

func (s *Server) nuspec(w http.ResponseWriter, r *http.Request) {
	id, version := r.PathValue("id"), r.PathValue("version")
	p, versions := s.find(hive, id)
	if r.PathValue("file") != id+".nuspec" || !slices.ContainsFunc(versions, func(v Version) bool { return strings.ToLower(v.Version) == version }) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	repository := ""
	if p.RepositoryURL != "" {
		var b strings.Builder
		xml.EscapeText(&b, []byte(p.RepositoryURL))
		repository = `<repository type="git" url="` + b.String() + `" />`
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<package xmlns=\"http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd\"><metadata><id>%s</id><version>%s</version>%s</metadata></package>", p.ID, version, repository)
}
