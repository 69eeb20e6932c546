//! Emits events by one piece of code for all of them. What reaches the chain is what ink's own `emit_event` writes for
//! events without indexed fields; that one is compiled anew for every event.

use ink::env::event::{state, TopicsBuilder, TopicsBuilderBackend};
use ink::env::{Environment, Event};
use ink::prelude::vec::Vec;
use ink::scale::{Encode, Output};
use subtensor::SubtensorEnvironment;

/// Emits an event whose only topic is its signature.
pub fn emit<E: Event>(event: &E) {
    deposit(Signature::<E>::TOPIC, event.encode());
}

struct Signature<E>(core::marker::PhantomData<E>);

impl<E: Event> Signature<E> {
    const TOPIC: &'static [u8; 32] = match &E::SIGNATURE_TOPIC {
        Some(topic) => topic,
        None => &[0; 32],
    };
}

#[inline(never)]
fn deposit(signature: &'static [u8; 32], fields: Vec<u8>) {
    ink::env::emit_event::<SubtensorEnvironment, _>(Encoded { signature, fields });
}

struct Encoded {
    signature: &'static [u8; 32],
    fields: Vec<u8>,
}

impl Encode for Encoded {
    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        output.write(&self.fields);
    }
}

impl Event for Encoded {
    type RemainingTopics = [state::HasRemainingTopics; 1];
    const SIGNATURE_TOPIC: Option<[u8; 32]> = None;

    fn topics<E, B>(&self, builder: TopicsBuilder<state::Uninit, E, B>) -> <B as TopicsBuilderBackend<E>>::Output
    where
        E: Environment,
        B: TopicsBuilderBackend<E>,
    {
        builder.build::<Self>().push_topic(Some(self.signature)).finish()
    }
}
