package site

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
)

// segment turns one part of a GitHub name into a part of a URL path: lower case,
// never beginning with a dot, and one-to-one. A leading "." becomes "_dot-"; a
// name that already begins with underscores and "dot-" gets one more underscore.
// Characters that GitHub does not allow in names are written in hexadecimal.
func segment(name string) string {
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(name, "."); ok {
		name = "_dot-" + rest
	} else if rest := strings.TrimLeft(name, "_"); len(rest) < len(name) && strings.HasPrefix(rest, "dot-") {
		name = "_" + name
	}
	if strings.ContainsFunc(name, notInSegment) {
		var b strings.Builder
		for _, c := range []byte(name) {
			if notInSegment(rune(c)) {
				b.WriteString("~" + strconv.FormatUint(uint64(c), 16))
			} else {
				b.WriteByte(c)
			}
		}
		name = b.String()
	}
	return name[:min(len(name), 200)]
}

func notInSegment(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}

// repositoryPath is where a repository's page lives below the site's root.
func repositoryPath(nameWithOwner string) string {
	owner, name, _ := strings.Cut(nameWithOwner, "/")
	return "r/" + segment(owner) + "/" + segment(name) + "/"
}

// slugs gives out readable path segments for arbitrary values, each once.
type slugs map[string]bool

// slug turns a language, topic or owner into a path segment: "C#" becomes
// "c-sharp", "@Azure/aks" becomes "azure-aks". A taken one gets a number.
func (s slugs) slug(value string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.NewReplacer("#", " sharp", "+", " plus").Replace(strings.ToLower(value)) {
		if c != '.' && c < 0x80 && !notInSegment(c) && b.Len() < 80 {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(c)
			gap = false
		} else {
			gap = true
		}
	}
	base := b.String()
	if base == "" {
		base = "other"
	}
	slug := base
	for n := 2; s[slug]; n++ {
		slug = base + "-" + strconv.Itoa(n)
	}
	s[slug] = true
	return slug
}

// rootOf is the way from a page at path back to the site's root.
func rootOf(path string) string {
	if n := strings.Count(path, "/"); n > 0 {
		return strings.Repeat("../", n)
	}
	return "./"
}

// query is the table's query for pairs of a facet and a value.
func query(pairs ...[2]string) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = template.URLQueryEscaper(p[0]) + "=" + template.URLQueryEscaper(p[1])
	}
	return strings.Join(parts, "&")
}

// parseQuery is the opposite of [query].
func parseQuery(query string) (pairs [][2]string) {
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		value, _ = url.QueryUnescape(value) // query escaped it
		pairs = append(pairs, [2]string{key, value})
	}
	return pairs
}
