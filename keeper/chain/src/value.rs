//! Values of a contract's types: from text, to JSON, and their fields by name.

use scale_info::{PortableRegistry, TypeDef};
use scale_value::stringify::{custom_parsers, from_str_custom};
use scale_value::{Composite, Primitive, Value, ValueDef};

/// Why a text is not a value of the wanted type.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    /// The text is not a value at all.
    #[error("cannot read {text:?}: {reason}")]
    Unreadable { text: String, reason: String },
    /// Something follows the value.
    #[error("{rest:?} follows the value")]
    Trailing { rest: String },
    /// The value is not of the type.
    #[error("{0}")]
    Type(String),
}

/// Encodes `text` as a value of type `ty`. Numbers, `true`, `[1, 2]`, `{ field: 1 }`, `Variant { field: 1 }`, `Variant (1)`,
/// a bare `Variant`, `0x…` for bytes, and SS58 addresses for accounts.
///
/// # Errors
/// [`ArgumentError`] says what does not fit.
pub fn encode(registry: &PortableRegistry, ty: u32, text: &str, out: &mut Vec<u8>) -> Result<(), ArgumentError> {
    let text = text.trim();
    let parser = from_str_custom()
        .add_custom_parser(custom_parsers::parse_hex)
        .add_custom_parser(custom_parsers::parse_ss58);
    let bare_variant = text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && matches!(registry.resolve(ty).map(|t| &t.type_def), Some(TypeDef::Variant(_)));
    let value = if bare_variant {
        Value::unnamed_variant(text, [])
    } else {
        let text = &round_brackets(text);
        let (value, rest) = parser.parse(text);
        if !rest.trim().is_empty() && value.is_ok() {
            return Err(ArgumentError::Trailing { rest: rest.to_owned() });
        }
        value.map_err(|e| ArgumentError::Unreadable {
            text: text.to_owned(),
            reason: e.to_string(),
        })?
    };
    scale_value::scale::encode_as_type(&value, ty, registry, out).map_err(|e| ArgumentError::Type(e.to_string()))
}

/// The parser knows sequences in round brackets only; people write square ones. What stands in quotes stays.
fn round_brackets(text: &str) -> String {
    let mut quoted = false;
    let mut escaped = false;
    text.chars()
        .map(|c| {
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            match c {
                '[' if !quoted => '(',
                ']' if !quoted => ')',
                other => other,
            }
        })
        .collect()
}

/// A value as JSON: numbers beyond 2^53 and byte strings as text, variants as `{"Name": fields}` or `"Name"`.
pub fn to_json(value: &Value<()>) -> serde_json::Value {
    use serde_json::Value as Json;
    if let Some(bytes) = bytes_of(value).filter(|bytes| bytes.len() == 32) {
        return Json::String(format!("0x{}", hex::encode(bytes)));
    }
    match &value.value {
        ValueDef::Composite(composite) => composite_to_json(composite),
        ValueDef::Variant(variant) if variant.values.is_empty() => Json::String(variant.name.clone()),
        ValueDef::Variant(variant) => Json::Object(
            [(variant.name.clone(), payload_to_json(&variant.values))]
                .into_iter()
                .collect(),
        ),
        ValueDef::BitSequence(bits) => Json::Array(bits.iter().map(Json::Bool).collect()),
        ValueDef::Primitive(primitive) => match primitive {
            Primitive::Bool(b) => Json::Bool(*b),
            Primitive::Char(c) => Json::String(c.to_string()),
            Primitive::String(s) => Json::String(s.clone()),
            Primitive::U128(n) => u64::try_from(*n)
                .ok()
                .filter(|n| *n < 1 << 53)
                .map_or_else(|| Json::String(n.to_string()), Json::from),
            Primitive::I128(n) => Json::String(n.to_string()),
            Primitive::U256(b) | Primitive::I256(b) => Json::String(format!("0x{}", hex::encode(b))),
        },
    }
}

fn fields_to_json(fields: &[(String, Value<()>)]) -> serde_json::Value {
    serde_json::Value::Object(
        fields
            .iter()
            .map(|(name, value)| (name.clone(), to_json(value)))
            .collect(),
    )
}

fn composite_to_json(composite: &Composite<()>) -> serde_json::Value {
    match composite {
        Composite::Named(fields) => fields_to_json(fields),
        Composite::Unnamed(values) => serde_json::Value::Array(values.iter().map(to_json).collect()),
    }
}

/// What a variant holds: a single unnamed value stands for itself.
fn payload_to_json(payload: &Composite<()>) -> serde_json::Value {
    match payload {
        Composite::Unnamed(values) if values.len() == 1 => values.iter().map(to_json).collect::<Vec<_>>().remove(0),
        other => composite_to_json(other),
    }
}

/// Decodes bytes as a value of type `ty`. Wrappers of one unnamed field, such as ink's `AccountId`, give way to what they
/// wrap, so that a sequence of one element stays a sequence and a wrapped number is a number.
///
/// # Errors
/// When the bytes are no such value.
pub(crate) fn decode(
    registry: &PortableRegistry,
    ty: u32,
    data: &mut &[u8],
) -> Result<Value<()>, scale_value::scale::DecodeError> {
    Ok(unwrapped(
        registry,
        scale_value::scale::decode_as_type(data, ty, registry)?,
    ))
}

fn unwrapped(registry: &PortableRegistry, value: Value<u32>) -> Value<()> {
    let is_wrapper = match registry.resolve(value.context).map(|ty| &ty.type_def) {
        Some(TypeDef::Composite(composite)) => {
            matches!(composite.fields.as_slice(), [only] if only.name.is_none())
        }
        _ => false,
    };
    let inner = |composite: Composite<u32>| match composite {
        Composite::Named(fields) => Composite::Named(
            fields
                .into_iter()
                .map(|(name, value)| (name, unwrapped(registry, value)))
                .collect(),
        ),
        Composite::Unnamed(values) => {
            Composite::Unnamed(values.into_iter().map(|value| unwrapped(registry, value)).collect())
        }
    };
    let value = match value.value {
        ValueDef::Composite(composite) => match (is_wrapper, inner(composite)) {
            (true, Composite::Unnamed(mut values)) if values.len() == 1 => return values.remove(0),
            (_, composite) => ValueDef::Composite(composite),
        },
        ValueDef::Variant(variant) => ValueDef::Variant(scale_value::Variant {
            name: variant.name,
            values: inner(variant.values),
        }),
        ValueDef::BitSequence(bits) => ValueDef::BitSequence(bits),
        ValueDef::Primitive(primitive) => ValueDef::Primitive(primitive),
    };
    Value { value, context: () }
}

/// The bytes of a value that is an account, a hash or an array of bytes, through wrappers of one field.
pub fn bytes_of(value: &Value<()>) -> Option<Vec<u8>> {
    let ValueDef::Composite(composite) = &value.value else {
        return None;
    };
    let values: Vec<&Value<()>> = composite.values().collect();
    match values.as_slice() {
        [only] if only.as_u128().is_none() => bytes_of(only),
        many => many
            .iter()
            .map(|byte| byte.as_u128().and_then(|byte| u8::try_from(byte).ok()))
            .collect(),
    }
}

/// Finds the field `name`, also inside fields that are structures themselves.
pub fn field<'a>(value: &'a Value<()>, name: &str) -> Option<&'a Value<()>> {
    let (ValueDef::Composite(values) | ValueDef::Variant(scale_value::Variant { values, .. })) = &value.value else {
        return None;
    };
    if let Composite::Named(fields) = values {
        if let Some((_, found)) = fields.iter().find(|(field, _)| field == name) {
            return Some(found);
        }
    }
    values.values().find_map(|inner| field(inner, name))
}

/// The field `name` as a number.
pub fn number(value: &Value<()>, name: &str) -> Option<u64> {
    field(value, name)?
        .as_u128()
        .and_then(|number| u64::try_from(number).ok())
}

/// The field `name` as an account.
pub fn account(value: &Value<()>, name: &str) -> Option<[u8; 32]> {
    bytes_of(field(value, name)?)?.try_into().ok()
}

/// What a `Result` holds: `Ok(value)` or `Err(value)`; any other value is a success by itself. Nested results count as one.
///
/// # Errors
/// The innermost error value.
pub fn outcome(value: Value<()>) -> Result<Value<()>, Value<()>> {
    match value.value {
        ValueDef::Variant(variant) if variant.name == "Ok" || variant.name == "Err" => {
            let failed = variant.name == "Err";
            let inner = variant
                .values
                .into_values()
                .next()
                .unwrap_or_else(|| Value::unnamed_composite([]));
            if failed {
                Err(inner)
            } else {
                outcome(inner)
            }
        }
        other => Ok(Value {
            value: other,
            context: (),
        }),
    }
}

/// Name of the innermost variant of an error such as `Rule(NothingDue)`. Named fields are what an error tells, not what it is.
pub fn innermost_variant(value: &Value<()>) -> Option<String> {
    let ValueDef::Variant(variant) = &value.value else {
        return None;
    };
    let inner = match &variant.values {
        Composite::Unnamed(values) => values.iter().find_map(innermost_variant),
        Composite::Named(_) => None,
    };
    inner.or_else(|| Some(variant.name.clone()))
}

/// The type in the `Ok` of a `Result` type.
pub(crate) fn ok_type(registry: &PortableRegistry, ty: u32) -> Option<u32> {
    let resolved = registry.resolve(ty)?;
    let is_result = resolved.path.segments.last().is_some_and(|name| name == "Result");
    let TypeDef::Variant(variants) = &resolved.type_def else {
        return None;
    };
    let ok = variants
        .variants
        .iter()
        .find(|variant| is_result && variant.name == "Ok")?;
    ok.fields.first().map(|field| field.ty.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::{Decode, Encode};
    use scale_info::{MetaType, Registry, TypeInfo};

    #[derive(Debug, PartialEq, Encode, Decode, TypeInfo)]
    enum Asset {
        Tao,
        Alpha { amount: u64 },
    }

    #[derive(Debug, PartialEq, Encode, Decode, TypeInfo)]
    struct Account([u8; 32]);

    fn read<T: TypeInfo + Decode + 'static>(text: &str) -> Result<T, ArgumentError> {
        let mut registry = Registry::new();
        let ty = registry.register_type(&MetaType::new::<T>()).id;
        let mut out = Vec::new();
        encode(&registry.into(), ty, text, &mut out)?;
        Ok(T::decode(&mut out.as_slice()).unwrap())
    }

    #[test]
    fn arguments_are_read_as_their_type_wants_them() {
        assert_eq!(read::<u64>("18446744073709551615").unwrap(), u64::MAX);
        assert_eq!(read::<Vec<u32>>("[1, 2,3]").unwrap(), [1, 2, 3]);
        assert_eq!(read::<Vec<u32>>("(1, 2)").unwrap(), [1, 2]);
        assert_eq!(read::<Vec<u32>>("[]").unwrap(), [0u32; 0]);
        assert_eq!(read::<Vec<String>>(r#"["[a]"]"#).unwrap(), ["[a]"]);
        assert_eq!(read::<Asset>("Tao").unwrap(), Asset::Tao);
        assert_eq!(
            read::<Asset>("Alpha { amount: 5 }").unwrap(),
            Asset::Alpha { amount: 5 }
        );
        assert_eq!(read::<Option<u32>>("None").unwrap(), None);
        assert_eq!(read::<Option<u32>>("Some (7)").unwrap(), Some(7));
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let bytes = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
        assert_eq!(read::<Account>(alice).unwrap(), read::<Account>(bytes).unwrap());
    }

    #[test]
    fn a_wrong_argument_says_why() {
        assert!(matches!(read::<u8>("256"), Err(ArgumentError::Type(_))));
        assert!(matches!(read::<u8>("1 2"), Err(ArgumentError::Trailing { .. })));
        assert!(matches!(read::<u8>("{"), Err(ArgumentError::Unreadable { .. })));
        assert!(matches!(read::<Asset>("Nothing"), Err(ArgumentError::Type(_))));
    }

    fn shown<T: TypeInfo + Encode + 'static>(value: &T) -> String {
        let mut registry = Registry::new();
        let ty = registry.register_type(&MetaType::new::<T>()).id;
        to_json(&decode(&registry.into(), ty, &mut value.encode().as_slice()).unwrap()).to_string()
    }

    #[test]
    fn values_are_shown_as_what_they_are() {
        assert_eq!(shown(&vec![7u32]), "[7]");
        assert_eq!(shown(&Vec::<u32>::new()), "[]");
        assert_eq!(shown(&(1u8, vec![true])), "[1,[true]]");
        assert_eq!(shown(&u64::MAX), "\"18446744073709551615\"");
        assert_eq!(shown(&Account([1; 32])), format!("\"0x{}\"", "01".repeat(32)));
        assert_eq!(shown(&Asset::Tao), "\"Tao\"");
        assert_eq!(shown(&Asset::Alpha { amount: 5 }), r#"{"Alpha":{"amount":5}}"#);
        assert_eq!(shown(&Some(vec![3u8])), r#"{"Some":[3]}"#);
    }

    #[test]
    fn fields_are_found_in_depth_and_errors_by_their_innermost_name() {
        let inner = Value::named_composite([("escrow", Value::u128(7))]);
        let event = Value::named_composite([("id", Value::u128(3)), ("change", inner)]);
        assert_eq!(number(&event, "escrow"), Some(7));
        assert_eq!(number(&event, "debt_scaled"), None);
        let refusal = Value::unnamed_variant(
            "Rule",
            [Value::named_variant("SlippageExceeded", [("min", Value::u128(1))])],
        );
        let answer = Value::unnamed_variant("Ok", [Value::unnamed_variant("Err", [refusal])]);
        let error = outcome(answer).unwrap_err();
        assert_eq!(innermost_variant(&error).as_deref(), Some("SlippageExceeded"));
        let still_open = Value::named_variant("StillOpen", [("phase", Value::unnamed_variant("Preparing", []))]);
        let refusal = Value::unnamed_variant("Referendum", [still_open]);
        assert_eq!(innermost_variant(&refusal).as_deref(), Some("StillOpen"));
    }
}
