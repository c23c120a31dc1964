//! The queue of mails: what hands them to the transport one after the other, while nobody waits for it.
//!
//! Only known addresses get a mail. An answer that waited for the transport would tell by its time which ones are known.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;

use crate::mail::{Mail, MailTransport};

/// How many mails wait at most. What asks for the next one then waits, so that none is lost and memory is bounded.
const LENGTH: usize = 1024;

/// The queue of a tenant's mails. It ends with the tenant.
pub(crate) struct MailQueue(mpsc::Sender<Entry>);

enum Entry {
    Mail(Mail),
    /// Somebody waits until the entries before it are done.
    End(oneshot::Sender<()>),
}

impl MailQueue {
    /// Starts the task that hands mails to `transport`. One that it does not take is logged, without its content.
    pub(crate) fn start(transport: Arc<dyn MailTransport>) -> Self {
        let (queue, mut entries) = mpsc::channel(LENGTH);
        tokio::spawn(async move {
            while let Some(entry) = entries.recv().await {
                match entry {
                    Entry::Mail(mail) => deliver(&transport, mail).await,
                    Entry::End(done) => {
                        // Who waited may have given up.
                        let _ = done.send(());
                    }
                }
            }
        });
        Self(queue)
    }

    /// Adds a mail, which is sent after those that were added before.
    pub(crate) async fn add(&self, mail: Mail) {
        if self.0.send(Entry::Mail(mail)).await.is_err() {
            tracing::error!("a mail was not sent: the runtime of its tenant has ended");
        }
    }

    /// Waits until every mail that was added before has been handed over.
    pub(crate) async fn drain(&self) {
        let (done, all_done) = oneshot::channel();
        if self.0.send(Entry::End(done)).await.is_ok() {
            // An error means that nothing is left which could send them.
            let _ = all_done.await;
        }
    }
}

async fn deliver(transport: &Arc<dyn MailTransport>, mail: Mail) {
    let transport = Arc::clone(transport);
    match spawn_blocking(move || transport.send(&mail)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a mail was not taken");
        }
        Err(_) => tracing::error!("a mail was not taken: its transport failed"),
    }
}
