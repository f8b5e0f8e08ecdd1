//! Tokens of SOQL.

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// Name or keyword.
    Word(String),
    /// Quoted text.
    Text(StringLiteral),
    /// Number as written.
    Number(String),
    /// `YYYY-MM-DD`.
    Date(String),
    /// `YYYY-MM-DDThh:mm:ss[.fff](Z|+hh:mm)`.
    DateTime(String),
    /// `hh:mm:ss[.fff]Z`.
    Time(String),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `<>`, `(`, `)`, `,`.
    Symbol(&'static str),
}

/// Characters of a quoted text; each with whether it came from a backslash escape, which matters to `LIKE` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringLiteral(pub Vec<(char, bool)>);

impl StringLiteral {
    /// The text meant.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|(char, _)| char).collect()
    }
}

/// Splits a query; the error is one line.
///
/// # Errors
/// Characters outside every token, bad escapes, unterminated texts.
pub fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        match char {
            ' ' | '\t' | '\n' | '\r' => at += 1,
            '\'' => {
                let (literal, next) = text(&chars, at + 1)?;
                tokens.push(Token::Text(literal));
                at = next;
            }
            '(' | ')' | ',' | '=' => {
                tokens.push(Token::Symbol(match char {
                    '(' => "(",
                    ')' => ")",
                    ',' => ",",
                    _ => "=",
                }));
                at += 1;
            }
            '!' | '<' | '>' => {
                let (symbol, length) = match (char, chars.get(at + 1)) {
                    ('!', Some('=')) => ("!=", 2),
                    ('<', Some('=')) => ("<=", 2),
                    ('<', Some('>')) => ("!=", 2),
                    ('>', Some('=')) => (">=", 2),
                    ('<', _) => ("<", 1),
                    ('>', _) => (">", 1),
                    _ => return Err("unexpected token: '!'".to_owned()),
                };
                tokens.push(Token::Symbol(symbol));
                at += length;
            }
            char if char.is_ascii_alphabetic() => {
                let word: String = chars
                    .iter()
                    .skip(at)
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
                    .collect();
                at += word.len();
                tokens.push(Token::Word(word));
            }
            char if char.is_ascii_digit() || matches!(char, '-' | '+') => {
                let run: String = chars
                    .iter()
                    .skip(at)
                    .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | ':' | '.'))
                    .collect();
                at += run.len();
                tokens.push(number_or_date(run)?);
            }
            other => return Err(format!("unexpected token: '{other}'")),
        }
    }
    Ok(tokens)
}

fn text(chars: &[char], mut at: usize) -> Result<(StringLiteral, usize), String> {
    let mut content = Vec::new();
    loop {
        match chars.get(at) {
            None => return Err("unexpected end of text literal".to_owned()),
            Some('\'') => return Ok((StringLiteral(content), at + 1)),
            Some('\\') => {
                let escaped = chars
                    .get(at + 1)
                    .copied()
                    .ok_or("unexpected end of text literal")?;
                at += 2;
                let char = match escaped {
                    'n' | 'N' => '\n',
                    'r' | 'R' => '\r',
                    't' | 'T' => '\t',
                    'b' | 'B' => '\u{8}',
                    'f' | 'F' => '\u{c}',
                    '"' | '\'' | '\\' | '%' | '_' => escaped,
                    'u' => {
                        let digits: String = chars.iter().skip(at).take(4).collect();
                        at += 4;
                        let code = (digits.len() == 4)
                            .then(|| u32::from_str_radix(&digits, 16).ok())
                            .flatten();
                        code.and_then(char::from_u32)
                            .ok_or("Illegal character sequence '\\u' in string literal")?
                    }
                    other => {
                        return Err(format!(
                            "Illegal character sequence '\\{other}' in string literal"
                        ));
                    }
                };
                content.push((char, true));
            }
            Some(&char) => {
                content.push((char, false));
                at += 1;
            }
        }
    }
}

fn number_or_date(run: String) -> Result<Token, String> {
    let bytes = run.as_bytes();
    let shape: String = bytes
        .iter()
        .map(|byte| {
            if byte.is_ascii_digit() {
                '9'
            } else {
                char::from(*byte)
            }
        })
        .collect();
    if shape == "9999-99-99" {
        return Ok(Token::Date(run));
    }
    if shape.starts_with("9999-99-99T99:99:99") && run.is_ascii() {
        return Ok(Token::DateTime(run));
    }
    if shape.starts_with("99:99:99") && shape.ends_with('Z') {
        return Ok(Token::Time(run));
    }
    let digits = run.strip_prefix(['-', '+']).unwrap_or(&run);
    let well_formed = digits.split('.').count() <= 2
        && digits
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if well_formed {
        Ok(Token::Number(run))
    } else {
        Err(format!("unexpected token: '{run}'"))
    }
}
