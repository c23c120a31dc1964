//! An application that is told when a session has ended.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A server on this machine that keeps what is posted to it.
pub(crate) struct LogoutReceiver {
    pub(crate) url: String,
    requests: UnboundedReceiver<BTreeMap<String, String>>,
}

impl LogoutReceiver {
    /// Starts a server that answers with this status, and with an address elsewhere for whoever follows redirects.
    pub(crate) async fn start(status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/backchannel_logout", listener.local_addr().unwrap());
        let (sender, requests) = unbounded_channel();
        let elsewhere = url.replace("/backchannel_logout", "/elsewhere");
        let keep = async move |headers: HeaderMap, body: String| {
            assert_eq!(headers[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
            sender.send(form_urlencoded::parse(body.as_bytes()).into_owned().collect()).unwrap();
            (status, [(header::LOCATION, elsewhere)])
        };
        let router =
            Router::new().route("/backchannel_logout", post(keep.clone())).route("/elsewhere", post(keep));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, requests }
    }

    /// Returns the parameters of the next request.
    pub(crate) async fn next(&mut self) -> BTreeMap<String, String> {
        tokio::time::timeout(Duration::from_secs(20), self.requests.recv()).await.expect("a request").unwrap()
    }

    /// Returns the logout token of the next request.
    pub(crate) async fn token(&mut self) -> String {
        let mut parameters = self.next().await;
        let token = parameters.remove("logout_token").expect("a logout token");
        assert!(parameters.is_empty(), "nothing else: {parameters:?}");
        token
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}
