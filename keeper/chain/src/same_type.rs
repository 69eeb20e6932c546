//! Whether two type descriptions mean the same bytes.
//!
//! The keeper decodes a market's state with the kernel's own types. Were a bundle built from another kernel, the bytes could
//! still decode, to nonsense; comparing the structures first turns that into an error.

use std::collections::HashSet;

use scale_info::{Field, MetaType, PortableRegistry, Registry, TypeDef, TypeInfo};

type Fields = [Field<scale_info::form::PortableForm>];

/// Compares the bundle's type `ty` with `T`; the error names the first difference.
pub(crate) fn check<T: TypeInfo + 'static>(theirs: &PortableRegistry, ty: u32) -> Result<(), String> {
    let mut registry = Registry::new();
    let expected = registry.register_type(&MetaType::new::<T>()).id;
    let ours: PortableRegistry = registry.into();
    Comparison {
        ours: &ours,
        theirs,
        compared: HashSet::new(),
    }
    .types(expected, ty, "")
}

struct Comparison<'a> {
    ours: &'a PortableRegistry,
    theirs: &'a PortableRegistry,
    compared: HashSet<(u32, u32)>,
}

impl Comparison<'_> {
    fn types(&mut self, ours: u32, theirs: u32, at: &str) -> Result<(), String> {
        let (ours, theirs) = (unwrapped(self.ours, ours), unwrapped(self.theirs, theirs));
        if !self.compared.insert((ours, theirs)) {
            return Ok(());
        }
        let missing = || format!("{at} has no type");
        let a = &self.ours.resolve(ours).ok_or_else(missing)?.type_def;
        let b = &self.theirs.resolve(theirs).ok_or_else(missing)?.type_def;
        match (a, b) {
            (TypeDef::Composite(a), TypeDef::Composite(b)) => self.fields(&a.fields, &b.fields, at),
            (TypeDef::Variant(a), TypeDef::Variant(b)) => {
                if a.variants.len() != b.variants.len() {
                    return Err(format!(
                        "{at} has {} variants, not {}",
                        b.variants.len(),
                        a.variants.len()
                    ));
                }
                for (a, b) in a.variants.iter().zip(&b.variants) {
                    let at = format!("{at}::{}", a.name);
                    if a.name != b.name || a.index != b.index {
                        return Err(format!("{at} is {} instead", b.name));
                    }
                    self.fields(&a.fields, &b.fields, &at)?;
                }
                Ok(())
            }
            (TypeDef::Sequence(a), TypeDef::Sequence(b)) => self.types(a.type_param.id, b.type_param.id, at),
            (TypeDef::Array(a), TypeDef::Array(b)) if a.len == b.len => {
                self.types(a.type_param.id, b.type_param.id, at)
            }
            (TypeDef::Tuple(a), TypeDef::Tuple(b)) if a.fields.len() == b.fields.len() => {
                for (a, b) in a.fields.iter().zip(&b.fields) {
                    self.types(a.id, b.id, at)?;
                }
                Ok(())
            }
            (TypeDef::Compact(a), TypeDef::Compact(b)) => self.types(a.type_param.id, b.type_param.id, at),
            (TypeDef::Primitive(a), TypeDef::Primitive(b)) if a == b => Ok(()),
            (a, b) => Err(format!("{at} is {b:?}, not {a:?}")),
        }
    }

    fn fields(&mut self, ours: &Fields, theirs: &Fields, at: &str) -> Result<(), String> {
        if ours.len() != theirs.len() {
            return Err(format!("{at} has {} fields, not {}", theirs.len(), ours.len()));
        }
        for (a, b) in ours.iter().zip(theirs) {
            let at = format!("{at}.{}", a.name.as_deref().unwrap_or("0"));
            if a.name != b.name {
                return Err(format!("{at} is {} instead", b.name.as_deref().unwrap_or("0")));
            }
            self.types(a.ty.id, b.ty.id, &at)?;
        }
        Ok(())
    }
}

/// The type inside wrappers of one unnamed field, which add no bytes (ink's `AccountId` around an array).
fn unwrapped(registry: &PortableRegistry, mut ty: u32) -> u32 {
    while let Some(TypeDef::Composite(composite)) = registry.resolve(ty).map(|t| &t.type_def) {
        match composite.fields.as_slice() {
            [only] if only.name.is_none() => ty = only.ty.id,
            _ => break,
        }
    }
    ty
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(TypeInfo)]
    #[allow(dead_code)]
    struct Wrapper([u8; 32]);

    #[derive(TypeInfo)]
    #[allow(dead_code)]
    struct Ours {
        owner: [u8; 32],
        amount: u64,
    }

    mod theirs {
        use super::*;

        #[derive(TypeInfo)]
        #[allow(dead_code)]
        pub struct Same {
            pub owner: Wrapper,
            pub amount: u64,
        }

        #[derive(TypeInfo)]
        #[allow(dead_code)]
        pub struct Swapped {
            pub amount: u64,
            pub owner: Wrapper,
        }

        #[derive(TypeInfo)]
        #[allow(dead_code)]
        pub struct Wider {
            pub owner: Wrapper,
            pub amount: u128,
        }
    }

    fn compare<T: TypeInfo + 'static>() -> Result<(), String> {
        let mut registry = Registry::new();
        let ty = registry.register_type(&MetaType::new::<T>()).id;
        check::<Ours>(&registry.into(), ty)
    }

    #[test]
    fn wrappers_do_not_matter_but_order_and_width_do() {
        assert_eq!(compare::<theirs::Same>(), Ok(()));
        assert_eq!(compare::<theirs::Swapped>(), Err(".owner is amount instead".into()));
        assert!(compare::<theirs::Wider>().unwrap_err().starts_with(".amount is"));
    }
}
