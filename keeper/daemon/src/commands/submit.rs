//! A transaction of the operator: signed, sent, and waited for.

use keeper_chain::{Action, BlockId, Chain, ChainError, Fate, Signer, Validity};

/// What became of it.
pub struct Included {
    /// Its hash.
    pub hash: [u8; 32],
    /// The block that includes it.
    pub block: BlockId,
    /// Its fee and error.
    pub fate: Fate,
}

/// Signs and sends a transaction, and waits for its block.
///
/// # Errors
/// [`ChainError::Pool`] when the node refuses it, [`ChainError::NotIncluded`] when its era ends, [`ChainError::Dispatch`] when
/// it was included and failed.
pub async fn submit(chain: &Chain, signer: &Signer, action: &Action, mortality: u32) -> Result<Included, ChainError> {
    let account = signer.account();
    let (signed, best) = chain
        .ask(async |connection| {
            let best = connection.best().await?;
            let nonce = connection.next_nonce(&account).await?;
            let validity = Validity {
                nonce,
                from: best,
                blocks: mortality,
            };
            Ok((connection.sign(action, &validity, signer).await?, best))
        })
        .await?;
    // The same bytes may be sent again to another endpoint: a chain accepts them once.
    let sent = chain
        .ask(async |connection| connection.submit(&signed.bytes).await)
        .await;
    if let Err(error) = sent {
        if !error.is_already_known() {
            return Err(error);
        }
    }
    let (block, fate) = chain.wait_included(&signed, best.number).await?;
    if let Some(error) = &fate.error {
        return Err(ChainError::Dispatch { error: error.clone() });
    }
    Ok(Included {
        hash: signed.hash,
        block,
        fate,
    })
}
