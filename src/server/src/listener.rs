//! Connections: accepted until the process is told to stop, then finished within a bounded time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// How long a client may take to send the head of a request, which is also how long an idle connection stays open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may take to shake hands.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may take once the process is told to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves `router`, behind TLS if there is any, until `stop` is done, then lets requests under way finish for
/// [`DRAIN`] at most.
///
/// `axum::serve` has no timeout for the head of a request, so a few slow clients could hold every connection.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small answers should not wait for more to send; where it cannot be set, they do.
                let _ = stream.set_nodelay(true);
                let service = with_peer(router.clone(), peer);
                let watcher = connections.watcher();
                let Some(tls) = tls.clone() else {
                    tokio::spawn(answer(stream, service, watcher));
                    continue;
                };
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    // Nothing was asked before the handshake, so that nothing is lost when it is given up.
                    let handshake = tokio::select! {
                        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
                        _ = stopped.changed() => return,
                    };
                    match handshake {
                        Ok(Ok(stream)) => answer(stream, service, watcher).await,
                        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        Err(_) => tracing::debug!("a handshake took too long"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop((listener, stopping));
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests that took longer than {} seconds were cut off", DRAIN.as_secs());
    }
}

/// Answers the requests of one connection until it ends.
async fn answer<S>(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, service: S, watcher: Watcher)
where
    S: hyper::service::Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Tells every request where it comes from.
fn with_peer(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    })
}

/// Is done when the process is told to stop: by Ctrl-C, or by SIGTERM where there is one.
///
/// # Errors
/// When the signals cannot be listened to. They are from the moment this returns.
pub(crate) fn told_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            let _ = interrupt.recv().await;
        })
    }
}
