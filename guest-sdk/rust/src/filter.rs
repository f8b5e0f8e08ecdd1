//! The filter of a query as a tree.
//!
//! The contract hands it over as a flat list of nodes; a [`Filter`] is made from it before the connector is called, and
//! a list that is no tree is refused. So a [`Condition`] is always well-formed: groups and lists are never empty, and it
//! is at most [`MAX_DEPTH`] deep.

use crate::bindings::wit_source as wit;
use crate::{Error, Result};

#[doc(inline)]
pub use wit::{Comparator, Literal};

/// Deepest condition accepted, so that walking it by recursion is safe.
pub const MAX_DEPTH: usize = 128;

/// What records to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Text as AppFlow sent it.
    pub text: String,
    /// The condition; none for all records.
    pub condition: Option<Condition>,
    /// Most records in all, over all pages.
    pub limit: Option<u32>,
}

/// A condition on a record.
///
/// ```
/// use appflow_connector::filter::{Comparator, Condition, Literal};
///
/// let condition = Condition::equal("status", Literal::text("open"))
///     .and(Condition::compare("age", Comparator::GreaterOrEqual, Literal::number("18")));
/// assert_eq!(condition.fields(), ["age", "status"]);
///
/// let record = |field: &str| match field {
///     "status" => Some(Literal::text("open")),
///     "age" => Some(Literal::number("18.0")),
///     _ => None,
/// };
/// assert!(condition.evaluate(&record)?);
/// # Ok::<(), appflow_connector::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All of these, at least one.
    All(Vec<Condition>),
    /// At least one of these, which are at least one.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// A field against a value.
    Compare {
        /// Name of the field.
        field: String,
        /// How.
        operator: Comparator,
        /// Value.
        value: Literal,
    },
    /// A field between two values, both included.
    Between {
        /// Name of the field.
        field: String,
        /// Lower value.
        low: Literal,
        /// Upper value.
        high: Literal,
    },
    /// A field with one of some values, which are at least one.
    OneOf {
        /// Name of the field.
        field: String,
        /// Values.
        values: Vec<Literal>,
    },
    /// A condition newer than this crate, as text. Refuse it, see [`Condition::unsupported`].
    Other(String),
}

impl Literal {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number as written, such as `-12.50`.
    pub fn number(number: impl ToString) -> Self {
        Self::Number(number.to_string())
    }

    /// A calendar day, `YYYY-MM-DD`.
    pub fn date(day: impl Into<String>) -> Self {
        Self::Date(day.into())
    }

    /// A point in time, `YYYY-MM-DDThh:mm:ss[.fff]Z`.
    pub fn date_time(time: impl Into<String>) -> Self {
        Self::DateTime(time.into())
    }
}

impl Condition {
    /// A field against a value.
    pub fn compare(field: impl Into<String>, operator: Comparator, value: Literal) -> Self {
        Self::Compare {
            field: field.into(),
            operator,
            value,
        }
    }

    /// A field that equals a value.
    pub fn equal(field: impl Into<String>, value: Literal) -> Self {
        Self::compare(field, Comparator::Equal, value)
    }

    /// This and that.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) => {
                parts.push(other);
                Self::All(parts)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// This or that.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) => {
                parts.push(other);
                Self::Any(parts)
            }
            first => Self::Any(vec![first, other]),
        }
    }

    /// Not this.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// The error for a condition the application has no way to express: `what` says which, as in "CONTAINS on numbers".
    pub fn unsupported(what: impl Into<String>) -> Error {
        Error::unsupported(what)
    }

    /// Calls a function for this condition and all inside it, parents first.
    pub fn visit<'a>(&'a self, visitor: &mut dyn FnMut(&'a Self)) {
        visitor(self);
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit(visitor))
            }
            Self::Not(inner) => inner.visit(visitor),
            Self::Compare { .. } | Self::Between { .. } | Self::OneOf { .. } | Self::Other(_) => {}
        }
    }

    /// Names of the fields it looks at, sorted, each once.
    pub fn fields(&self) -> Vec<&str> {
        let mut fields = Vec::new();
        self.visit(&mut |condition| match condition {
            Self::Compare { field, .. }
            | Self::Between { field, .. }
            | Self::OneOf { field, .. } => {
                fields.push(field.as_str());
            }
            Self::All(_) | Self::Any(_) | Self::Not(_) | Self::Other(_) => {}
        });
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The conditions that must all hold: the parts of nested [`Condition::All`], or this one alone.
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }

    /// Splits off what the application can filter itself: the conjuncts that `can` accepts, and the rest, which the
    /// connector must check record by record with [`evaluate`](Self::evaluate).
    ///
    /// ```
    /// use appflow_connector::filter::{Condition, Literal};
    ///
    /// let open = Condition::equal("status", Literal::text("open"));
    /// let mine = Condition::equal("owner", Literal::text("me"));
    /// let whole = open.clone().and(mine.clone());
    /// let (pushed, rest) = whole.split(&|condition| condition.fields() == ["status"]);
    /// assert_eq!((pushed, rest), (Some(open), Some(mine)));
    /// ```
    pub fn split(&self, can: &dyn Fn(&Self) -> bool) -> (Option<Self>, Option<Self>) {
        let (pushed, rest): (Vec<&Self>, Vec<&Self>) =
            self.conjuncts().into_iter().partition(|part| can(part));
        (Self::join(pushed), Self::join(rest))
    }

    fn join(mut parts: Vec<&Self>) -> Option<Self> {
        if parts.len() > 1 {
            return Some(Self::All(parts.into_iter().cloned().collect()));
        }
        parts.pop().cloned()
    }
}

impl TryFrom<wit::Filter> for Filter {
    type Error = Error;

    /// # Errors
    /// `InvalidArgument` if the nodes are no tree.
    fn try_from(filter: wit::Filter) -> Result<Self> {
        Ok(Self {
            text: filter.text,
            condition: tree(filter.nodes)?,
            limit: filter.limit,
        })
    }
}

/// A subtree that waits for its parent.
struct Subtree {
    condition: Condition,
    depth: usize,
}

/// Builds the tree from its leaves: children come after their parent, so walking the list backwards meets them first.
/// Each is taken out of its place when its parent is met, which rules out cycles, and children of two parents, by
/// which a short list would describe an exponentially large tree.
fn tree(nodes: Vec<wit::FilterNode>) -> Result<Option<Condition>> {
    let mut places: Vec<Option<Subtree>> = Vec::new();
    places.resize_with(nodes.len(), || None);
    let mut loose = 0_usize;
    for (index, node) in nodes.into_iter().enumerate().rev() {
        let mut depth = 0;
        let mut take = |child: u32| -> Result<Condition> {
            let child = usize::try_from(child)?;
            if child <= index {
                return Err(malformed("a node comes before its parent"));
            }
            let subtree = places.get_mut(child).and_then(Option::take);
            let subtree =
                subtree.ok_or_else(|| malformed("a node is missing or has two parents"))?;
            loose -= 1;
            depth = depth.max(subtree.depth);
            Ok(subtree.condition)
        };
        let condition = match node {
            wit::FilterNode::AllOf(children) => Condition::All(
                not_empty(children)?
                    .into_iter()
                    .map(&mut take)
                    .collect::<Result<_>>()?,
            ),
            wit::FilterNode::AnyOf(children) => Condition::Any(
                not_empty(children)?
                    .into_iter()
                    .map(&mut take)
                    .collect::<Result<_>>()?,
            ),
            wit::FilterNode::Negate(child) => Condition::Not(Box::new(take(child)?)),
            wit::FilterNode::Compare(wit::Comparison {
                field,
                operator,
                value,
            }) => Condition::Compare {
                field,
                operator,
                value,
            },
            wit::FilterNode::Between(wit::Interval { field, low, high }) => {
                Condition::Between { field, low, high }
            }
            wit::FilterNode::OneOf(wit::Membership { field, values }) => Condition::OneOf {
                field,
                values: not_empty(values)?,
            },
            wit::FilterNode::Other(text) => Condition::Other(text),
        };
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(malformed("it is nested too deeply"));
        }
        if let Some(place) = places.get_mut(index) {
            *place = Some(Subtree { condition, depth });
            loose += 1;
        }
    }
    // A node that nobody refers to would be a condition lost, and too many records read.
    if loose > 1 {
        return Err(malformed("a node has no parent"));
    }
    Ok(places
        .into_iter()
        .next()
        .flatten()
        .map(|root| root.condition))
}

fn not_empty<T>(list: Vec<T>) -> Result<Vec<T>> {
    if list.is_empty() {
        Err(malformed("a group or list is empty"))
    } else {
        Ok(list)
    }
}

fn malformed(what: &str) -> Error {
    Error::invalid_argument(format!("the filter is malformed: {what}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorCode;
    use wit::FilterNode as Node;

    fn leaf(field: &str) -> Node {
        Node::Compare(wit::Comparison {
            field: field.to_owned(),
            operator: Comparator::Equal,
            value: Literal::number(1),
        })
    }

    fn convert(nodes: Vec<Node>) -> Result<Option<Condition>> {
        let filter = wit::Filter {
            text: String::new(),
            nodes,
            limit: None,
        };
        Filter::try_from(filter).map(|filter| filter.condition)
    }

    fn one(field: &str) -> Condition {
        Condition::equal(field, Literal::number(1))
    }

    #[test]
    fn a_tree_keeps_its_shape_and_order() {
        let nodes = vec![
            Node::AllOf(vec![1, 4]),
            Node::AnyOf(vec![3, 2]),
            leaf("b"),
            leaf("a"),
            Node::Negate(5),
            Node::Other("new".to_owned()),
        ];
        let expected = one("a")
            .or(one("b"))
            .and(Condition::Other("new".to_owned()).negated());
        assert_eq!(convert(nodes), Ok(Some(expected)));
        assert_eq!(convert(vec![]), Ok(None));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for (what, nodes) in [
            ("itself", vec![Node::Negate(0)]),
            ("cycle", vec![Node::Negate(1), Node::Negate(0)]),
            ("missing", vec![Node::Negate(7)]),
            ("huge index", vec![Node::AllOf(vec![u32::MAX])]),
            (
                "twice in one group",
                vec![Node::AllOf(vec![1, 1]), leaf("a")],
            ),
            (
                "two parents",
                vec![Node::AllOf(vec![1, 2]), Node::Negate(2), leaf("a")],
            ),
            ("no parent", vec![leaf("a"), leaf("b")]),
            ("empty all", vec![Node::AllOf(vec![])]),
            ("empty any", vec![Node::AnyOf(vec![])]),
            (
                "empty list",
                vec![Node::OneOf(wit::Membership {
                    field: "a".to_owned(),
                    values: vec![],
                })],
            ),
        ] {
            assert_eq!(
                convert(nodes).unwrap_err().code(),
                ErrorCode::InvalidArgument,
                "{what}"
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested =
            |depth: u32| -> Vec<Node> { (1..depth).map(Node::Negate).chain([leaf("a")]).collect() };
        let limit = u32::try_from(MAX_DEPTH).unwrap();
        assert!(convert(nested(limit)).is_ok());
        assert!(convert(nested(limit + 1)).is_err());
        assert!(convert(nested(100_000)).is_err());
    }

    #[test]
    fn helpers_walk_the_tree() {
        let condition = one("b").and(one("a").or(one("b"))).and(one("c").negated());
        assert_eq!(condition.fields(), ["a", "b", "c"]);
        assert_eq!(condition.conjuncts().len(), 3);
        let nested = Condition::All(vec![one("x"), Condition::All(vec![one("y"), one("z")])]);
        assert_eq!(nested.conjuncts(), [&one("x"), &one("y"), &one("z")]);
        assert_eq!(nested.split(&|_| true).1, None);
        assert_eq!(nested.split(&|_| false).0, None);
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let index = 0_u32..12;
        prop_oneof![
            proptest::collection::vec(index.clone(), 0..4).prop_map(Node::AllOf),
            proptest::collection::vec(index.clone(), 0..4).prop_map(Node::AnyOf),
            index.prop_map(Node::Negate),
            "[a-c]".prop_map(|field| leaf(&field)),
        ]
    }

    proptest! {
        #[test]
        fn no_list_of_nodes_panics(nodes in proptest::collection::vec(any_node(), 0..12)) {
            let count = nodes.len();
            if let Ok(Some(condition)) = convert(nodes) {
                let mut seen = 0;
                condition.visit(&mut |_| seen += 1);
                prop_assert_eq!(seen, count, "every node is in the tree once");
            }
        }
    }
}
