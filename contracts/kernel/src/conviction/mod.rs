//! Escrow of locked alpha, the conviction it gathers, and what an account votes with.
