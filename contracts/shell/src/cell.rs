//! How kernel types lie in storage.

/// Gives a kernel type the storage layout that ink's metadata wants: a single cell. The crate that uses it has a feature
/// `std`.
#[macro_export]
macro_rules! cell {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[ink::scale_derive(Encode, Decode, TypeInfo)]
        pub struct $name(pub $inner);

        #[cfg(feature = "std")]
        impl ink::storage::traits::StorageLayout for $name {
            fn layout(key: &ink::primitives::Key) -> ink::metadata::layout::Layout {
                ink::metadata::layout::Layout::Leaf(ink::metadata::layout::LeafLayout::from_key::<Self>(
                    ink::metadata::layout::LayoutKey::from(key),
                ))
            }
        }
    };
}
