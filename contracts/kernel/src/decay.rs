//! e^(−blocks/τ) in fixed point: how locks unlock and convictions mature.
