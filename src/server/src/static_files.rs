//! The page's files, held in memory with their compressed variants, and the fallback to `index.html` for
//! browser navigations.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use model::route;
use sha2::{Digest, Sha256};

use crate::headers;

/// What every navigation ends in.
const INDEX: &str = "/index.html";

/// What a browser sees while there is no site. Plain enough to need no style.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>The page is not built</title>
<h1>The page is not built</h1>
<p>The tenant is running, but there is no page to show.</p>
<p>Run <code>cargo xtask build</code>, then start again; or name the folder of a built site with <code>--site</code>.</p>
</html>
";

/// The page's files. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Site(Arc<HashMap<String, File>>);

/// Why a site cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// There is no site there.
    #[error("there is no page in {}: it has no index.html", .0.display())]
    Missing(PathBuf),
    /// A file could not be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
}

#[derive(Debug)]
struct File {
    content_type: &'static str,
    is_immutable: bool,
    /// The policy of an HTML file, which holds the hashes of its inline scripts.
    policy: Option<HeaderValue>,
    plain: Variant,
    brotli: Option<Variant>,
    gzip: Option<Variant>,
}

/// One representation of a file. A strong tag must differ between them (RFC 9110 section 8.8.1).
#[derive(Debug)]
struct Variant {
    bytes: Bytes,
    tag: HeaderValue,
}

impl Variant {
    fn new(bytes: Bytes) -> Self {
        let mut tag = String::from("\"");
        for byte in &Sha256::digest(&bytes)[..16] {
            let _ = write!(tag, "{byte:02x}");
        }
        tag.push('"');
        let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes are a header value");
        Self { bytes, tag }
    }
}

impl Site {
    /// Reads a built site from its folder.
    ///
    /// # Errors
    /// When there is no `index.html`, or a file cannot be read.
    pub(crate) fn load(folder: &Path) -> Result<Self, SiteError> {
        if !folder.join("index.html").is_file() {
            return Err(SiteError::Missing(folder.to_owned()));
        }
        let mut contents = HashMap::new();
        read_folder(folder, "", &mut contents)?;
        Ok(Self::from_contents(contents))
    }

    /// The site that was built into this program.
    #[cfg(feature = "embedded-site")]
    pub(crate) fn embedded() -> Self {
        static SITE: include_dir::Dir<'_> =
            include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../target/site");
        fn collect(folder: &include_dir::Dir<'static>, contents: &mut HashMap<String, Bytes>) {
            for file in folder.files() {
                contents.insert(format!("/{}", file.path().display()), Bytes::from_static(file.contents()));
            }
            for inner in folder.dirs() {
                collect(inner, contents);
            }
        }
        let mut contents = HashMap::new();
        collect(&SITE, &mut contents);
        Self::from_contents(contents)
    }

    /// A site that says how to build the real one.
    pub(crate) fn not_built() -> Self {
        Self(Arc::new(HashMap::new()))
    }

    fn from_contents(mut contents: HashMap<String, Bytes>) -> Self {
        let mut variants = HashMap::new();
        let compressed = |path: &String| {
            let original = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz"));
            original.is_some_and(|original| contents.contains_key(original))
        };
        let paths: Vec<_> = contents.keys().filter(|path| compressed(path)).cloned().collect();
        for path in paths {
            if let Some(bytes) = contents.remove(&path) {
                variants.insert(path, Variant::new(bytes));
            }
        }
        let files = contents
            .into_iter()
            .map(|(path, bytes)| {
                let content_type = content_type(&path);
                let policy = content_type
                    .starts_with("text/html")
                    .then(|| headers::page_policy(&String::from_utf8_lossy(&bytes)));
                let file = File {
                    content_type,
                    is_immutable: is_named_by_content(&path),
                    policy,
                    plain: Variant::new(bytes),
                    brotli: variants.remove(&format!("{path}.br")),
                    gzip: variants.remove(&format!("{path}.gz")),
                };
                (path, file)
            })
            .collect();
        Self(Arc::new(files))
    }

    /// Answers a request that no other part of the server wanted: a file, the page for a navigation, or 404.
    pub(crate) fn answer(&self, request: &Request<Body>) -> Response {
        let path = request.uri().path();
        let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
        let found = self.0.get(if path == "/" { INDEX } else { path });
        match found {
            Some(_) if !is_reading => {
                (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response()
            }
            Some(file) => file.answer(request.method(), request.headers()),
            None if is_navigation(request) => {
                let index = self.0.get(INDEX);
                let mut page =
                    index.map_or_else(not_built, |index| index.answer(request.method(), request.headers()));
                if path == route::CALLBACK {
                    // A popup comes back here from the tenant's pages, which have no such policy: a change of it
                    // would cut the popup off from the page that waits for its answer.
                    page.headers_mut().remove(headers::OPENER_POLICY);
                }
                page
            }
            None => (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], "Not found\n").into_response(),
        }
    }
}

fn not_built() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

fn read_folder(folder: &Path, prefix: &str, contents: &mut HashMap<String, Bytes>) -> Result<(), SiteError> {
    let unreadable = |error| SiteError::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            read_folder(&path, &name, contents)?;
        } else {
            let bytes = fs::read(&path).map_err(|error| SiteError::Unreadable(path, error))?;
            contents.insert(name, Bytes::from(bytes));
        }
    }
    Ok(())
}

impl File {
    fn answer(&self, method: &Method, request: &HeaderMap) -> Response {
        let (variant, encoding) = self.choose(request);
        let mut answer = Response::new(Body::empty());
        let headers = answer.headers_mut();
        headers.insert(ETAG, variant.tag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache_control()));
        if self.brotli.is_some() || self.gzip.is_some() {
            headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if let Some(policy) = &self.policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
            headers.insert(headers::OPENER_POLICY, HeaderValue::from_static("same-origin-allow-popups"));
        }
        if names_tag(request, &variant.tag) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            return answer;
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(variant.bytes.len()));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if method != Method::HEAD {
            *answer.body_mut() = Body::from(variant.bytes.clone());
        }
        answer
    }

    /// The smallest variant that the client takes.
    fn choose(&self, request: &HeaderMap) -> (&Variant, Option<&'static str>) {
        let candidates = [(&self.brotli, "br"), (&self.gzip, "gzip")];
        candidates
            .into_iter()
            .filter(|(_, encoding)| accepts_encoding(request, encoding))
            .find_map(|(variant, encoding)| Some((variant.as_ref()?, Some(encoding))))
            .unwrap_or((&self.plain, None))
    }

    fn cache_control(&self) -> &'static str {
        if self.is_immutable { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// The parts of a list header, without white space around them.
fn parts(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let values: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    values.join(",").split(',').map(|part| part.trim().to_ascii_lowercase()).collect::<Vec<_>>().into_iter()
}

/// Whether the client takes `encoding`: named, or covered by `*`, with a weight other than zero (RFC 9110 section
/// 12.5.3).
fn accepts_encoding(request: &HeaderMap, encoding: &str) -> bool {
    let mut by_star = false;
    for part in parts(request, &ACCEPT_ENCODING) {
        let (name, weight) =
            part.split_once(';').map_or((part.as_str(), ""), |(name, rest)| (name.trim(), rest));
        let weight = weight.trim().strip_prefix("q=").map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        if name == encoding {
            return weight > 0.0;
        }
        by_star |= name == "*" && weight > 0.0;
    }
    by_star
}

/// Whether `If-None-Match` names `tag`. The comparison is the weak one (RFC 9110 section 13.1.2).
fn names_tag(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = tag.to_str().unwrap_or_default();
    parts(request, &IF_NONE_MATCH).any(|part| part == "*" || part.trim_start_matches("w/") == known)
}

/// Whether a browser asks for a page: it reads, it takes HTML, and the path does not look like a file's.
pub(crate) fn is_navigation<B>(request: &Request<B>) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let takes_html = parts(request.headers(), &ACCEPT).any(|part| part.starts_with("text/html"));
    let last = request.uri().path().rsplit('/').next().unwrap_or_default();
    reads && takes_html && !last.contains('.')
}

/// Whether the name ends in a hash of the content, as in `app-0123456789abcdef.js`: then it never changes.
fn is_named_by_content(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hash = name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map_or("", |(_, hash)| hash);
    hash.len() >= 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "/app-0123456789abcdef.js";

    fn site() -> Site {
        let file = |path: &str, text: &'static str| (path.to_owned(), Bytes::from_static(text.as_bytes()));
        Site::from_contents(HashMap::from([
            file(INDEX, "<!doctype html><script>go()</script>"),
            file(SCRIPT, "plain"),
            file("/app-0123456789abcdef.js.br", "brotli"),
            file("/app-0123456789abcdef.js.gz", "gzip"),
            file("/avatars/ada.svg", "<svg/>"),
            file("/archive.gz", "an original, not a variant"),
        ]))
    }

    fn ask(method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        site().answer(&request.body(Body::empty()).unwrap())
    }

    fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        ask(Method::GET, path, headers)
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_client_gets_the_smallest_variant_that_it_takes() {
        for (accepted, expected) in [
            ("gzip, deflate, br", "brotli"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("*", "brotli"),
            ("identity, *;q=0", "plain"),
            ("br;q=nonsense", "plain"),
            ("", "plain"),
        ] {
            let response = get(SCRIPT, &[(ACCEPT_ENCODING, accepted)]);
            assert_eq!(response.headers()[VARY], "Accept-Encoding");
            assert_eq!(body(response).await, expected, "{accepted}");
        }
    }

    #[test]
    fn variants_have_tags_of_their_own() {
        let plain = get(SCRIPT, &[]);
        let brotli = get(SCRIPT, &[(ACCEPT_ENCODING, "br")]);
        assert_eq!(brotli.headers()[CONTENT_ENCODING], "br");
        assert_ne!(plain.headers()[ETAG], brotli.headers()[ETAG]);
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let tag = get(SCRIPT, &[]).headers()[ETAG].to_str().unwrap().to_owned();
        let listed = format!("\"other\", W/{tag}");
        for known in [tag.as_str(), listed.as_str(), "*"] {
            let response = get(SCRIPT, &[(IF_NONE_MATCH, known)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(response.headers().get(CONTENT_TYPE).is_none());
        }
        assert_eq!(get(SCRIPT, &[(IF_NONE_MATCH, "\"other\"")]).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_head_request_gets_the_headers_alone() {
        let response = ask(Method::HEAD, SCRIPT, &[]);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(body(response).await, "");
    }

    #[test]
    fn only_what_is_named_by_its_content_is_cached_for_good() {
        assert_eq!(get(SCRIPT, &[]).headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(get("/", &[]).headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(get("/avatars/ada.svg", &[]).headers()[CACHE_CONTROL], "no-cache");
        assert!(is_named_by_content("/app_bg-0123456789abcdef.wasm"));
        assert!(!is_named_by_content("/photo-20240229.png"));
    }

    #[tokio::test]
    async fn a_navigation_anywhere_gets_the_page() {
        let accept = [(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")];
        let response = get("/linked-accounts?x=y", &accept);
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers().contains_key(CONTENT_SECURITY_POLICY));
        assert!(body(response).await.starts_with("<!doctype html>"));
    }

    #[test]
    fn the_page_keeps_to_itself_but_for_a_popup_that_comes_back() {
        let navigation = [(ACCEPT, "text/html")];
        let is_apart = |path| get(path, &navigation).headers().contains_key(headers::OPENER_POLICY);
        assert!(is_apart("/") && is_apart("/linked-accounts"));
        assert!(!is_apart(route::CALLBACK));
    }

    #[test]
    fn what_is_no_navigation_stays_unknown() {
        let html = [(ACCEPT, "text/html")];
        assert_eq!(get("/app-old.js", &html).status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/somewhere", &[(ACCEPT, "*/*")]).status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/somewhere", &[]).status(), StatusCode::NOT_FOUND);
        assert_eq!(ask(Method::POST, "/somewhere", &html).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_file_is_only_read() {
        let response = ask(Method::POST, "/", &[]);
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD");
    }

    #[test]
    fn a_compressed_file_without_an_original_is_a_file() {
        assert_eq!(get("/archive.gz", &[]).status(), StatusCode::OK);
        assert_eq!(get("/app-0123456789abcdef.js.br", &[]).status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn without_a_site_a_navigation_learns_how_to_build_it() {
        let request = Request::get("/").header(ACCEPT, "text/html").body(Body::empty()).unwrap();
        let response = Site::not_built().answer(&request);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body(response).await.contains("cargo xtask build"));
    }

    #[test]
    fn a_folder_without_a_page_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Site::load(folder.path()).unwrap_err();
        assert!(matches!(&error, SiteError::Missing(path) if path == folder.path()));
    }
}
