//! A filter expression on its way to the guest.

use super::exported::source;
use crate::filter::{Comparator, Expr, Filter, Literal};

/// A filter as the contract's flat list of nodes: the root first, children after their parent.
pub(super) fn to_guest(text: &str, filter: &Filter) -> source::Filter {
    let mut nodes = Vec::new();
    if let Some(condition) = &filter.condition {
        flatten(condition, &mut nodes);
    }
    source::Filter {
        text: text.to_owned(),
        nodes,
        limit: filter.limit,
    }
}

/// Appends a node and, after it, its children; returns its place. The depth is bounded by the parser.
fn flatten(expr: &Expr, nodes: &mut Vec<source::FilterNode>) -> u32 {
    let place = nodes.len();
    // Holds the place until the children's are known.
    nodes.push(source::FilterNode::AllOf(Vec::new()));
    let node = match expr {
        Expr::And(children) => {
            source::FilterNode::AllOf(children.iter().map(|child| flatten(child, nodes)).collect())
        }
        Expr::Or(children) => {
            source::FilterNode::AnyOf(children.iter().map(|child| flatten(child, nodes)).collect())
        }
        Expr::Not(child) => source::FilterNode::Negate(flatten(child, nodes)),
        Expr::Compare {
            field,
            operator,
            value,
        } => source::FilterNode::Compare(source::Comparison {
            field: field.clone(),
            operator: match operator {
                Comparator::Equal => source::Comparator::Equal,
                Comparator::NotEqual => source::Comparator::NotEqual,
                Comparator::Less => source::Comparator::Less,
                Comparator::LessOrEqual => source::Comparator::LessOrEqual,
                Comparator::Greater => source::Comparator::Greater,
                Comparator::GreaterOrEqual => source::Comparator::GreaterOrEqual,
                Comparator::Contains => source::Comparator::Contains,
            },
            value: literal(value),
        }),
        Expr::Between { field, low, high } => source::FilterNode::Between(source::Interval {
            field: field.clone(),
            low: literal(low),
            high: literal(high),
        }),
        Expr::In { field, values } => source::FilterNode::OneOf(source::Membership {
            field: field.clone(),
            values: values.iter().map(literal).collect(),
        }),
    };
    if let Some(slot) = nodes.get_mut(place) {
        *slot = node;
    }
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn literal(literal: &Literal) -> source::Literal {
    match literal {
        Literal::Text(text) => source::Literal::Text(text.clone()),
        Literal::Number(text) => source::Literal::Number(text.clone()),
        Literal::Boolean(value) => source::Literal::Boolean(*value),
        Literal::Date(text) => source::Literal::Date(text.clone()),
        Literal::DateTime(text) => source::Literal::DateTime(text.clone()),
        Literal::Null => source::Literal::Null,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_root_comes_first_and_children_after_their_parent() {
        let text =
            "NOT (a = 1 or b in ('x', null)) and c between 2020-01-01 and 2020-12-31 LIMIT 25";
        let flat = to_guest(text, &crate::filter::parse(text).unwrap());
        assert_eq!((flat.text.as_str(), flat.limit), (text, Some(25)));
        let source::FilterNode::AllOf(parts) = &flat.nodes[0] else {
            panic!("the root is no conjunction")
        };
        assert_eq!(parts, &[1, 5]);
        assert!(matches!(flat.nodes[1], source::FilterNode::Negate(2)));
        let source::FilterNode::AnyOf(parts) = &flat.nodes[2] else {
            panic!("no disjunction under the negation")
        };
        assert_eq!(parts, &[3, 4]);
        assert!(
            matches!(&flat.nodes[5], source::FilterNode::Between(interval) if interval.field == "c")
        );
        assert_eq!(flat.nodes.len(), 6);
    }

    #[test]
    fn a_limit_alone_has_no_nodes() {
        let flat = to_guest("LIMIT 10", &crate::filter::parse("LIMIT 10").unwrap());
        assert!(flat.nodes.is_empty());
        assert_eq!(flat.limit, Some(10));
    }
}
