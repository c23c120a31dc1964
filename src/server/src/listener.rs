//! Connections: accepted until the process is told to stop, then finished within a bounded time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::{Request, StatusCode};
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

use crate::connection_slots::{ConnectionSlot, ConnectionSlots};

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many are open at once.
    pub(crate) max_connections: usize,
    /// How long a client may take to send the head of a request, which is also how long an idle connection stays open,
    /// and again to send the rest of it.
    pub(crate) read_timeout: Duration,
}

/// How many bytes the head of a request may have; what is longer is answered with 431.
const HEAD_LIMIT: usize = 64 * 1024;
/// How long a client may take to shake hands.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may take once the process is told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Serves `router`, behind TLS if there is any, until `shutdown` is done, then lets requests under way finish for
/// [`DRAIN_TIMEOUT`] at most.
///
/// `axum::serve` has no timeout for the head of a request, so a few slow clients could hold every connection.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    let slots = ConnectionSlots::new(limits.max_connections);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small answers should not wait for more to send; where it cannot be set, they do.
                let _ = stream.set_nodelay(true);
                let slot = tokio::select! {
                    slot = slots.acquire() => slot,
                    () = &mut shutdown => break,
                };
                let service =
                    connection_service(router.clone(), peer, limits.read_timeout, Arc::clone(&slot));
                let watcher = connections.watcher();
                let Some(tls) = tls.clone() else {
                    tokio::spawn(serve_connection(stream, service, watcher, limits.read_timeout, slot));
                    continue;
                };
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    // Nothing was asked before the handshake, so that nothing is lost when it is given up.
                    let handshake = tokio::select! {
                        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
                        _ = stopped.changed() => return,
                        () = slot.evicted() => return,
                    };
                    match handshake {
                        Ok(Ok(stream)) => {
                            serve_connection(stream, service, watcher, limits.read_timeout, slot).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        Err(_) => tracing::debug!("a handshake took too long"),
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop((listener, stopping));
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("requests that took longer than {} seconds were cut off", DRAIN_TIMEOUT.as_secs());
    }
}

/// Answers the requests of one connection until it ends, or must make room for another.
async fn serve_connection<S>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    service: S,
    watcher: Watcher,
    read_timeout: Duration,
    slot: Arc<ConnectionSlot>,
) where
    S: hyper::service::Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
        }
        () = slot.evicted() => tracing::debug!("a connection made room for another"),
    }
}

/// Tells every request where it comes from, and does not wait for ever until it is whole.
fn connection_service(
    router: Router,
    peer: SocketAddr,
    read_timeout: Duration,
    slot: Arc<ConnectionSlot>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, slot) = (router.clone(), Arc::clone(&slot));
        async move {
            let mut response = pin!(router.oneshot(request.map(|body| slot.start_request(body))));
            let response = tokio::select! {
                response = &mut response => response,
                () = tokio::time::sleep(read_timeout) => {
                    if slot.is_reading_body() { Ok(StatusCode::REQUEST_TIMEOUT.into_response()) } else { response.await }
                }
            };
            slot.finish_response();
            response
        }
    })
}

/// Is done when the process is told to stop: by Ctrl-C, or by SIGTERM where there is one.
///
/// # Errors
/// When the signals cannot be listened to. They are from the moment this returns.
pub(crate) fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
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
