"""The grammar of SOQL and SOSL and the one parser built from it.

Keywords are recognised only where the grammar allows them (a contextual lexer), so an object may be
called `Group` and a field `Order__c`. Building the tables costs some ten milliseconds; it happens
once, at the first query.
"""

import functools

from lark import Lark

from orgsim.query.search_builder import StatementBuilder

GRAMMAR = r"""
query: _SELECT columns _FROM path alias scope_of where group_by order_by limit offset purpose all_rows

columns: column ("," column)*
?column: plain_column | _LPAR query ")" | type_of
type_of: _TYPEOF path when+ otherwise _END
when: _WHEN path _THEN fields
otherwise: [_ELSE fields]
fields: path ("," path)*
plain_column: operand alias
?operand: path | call
call: PATH _LPAR [path] ")" | PATH _LPAR PATH _LPAR path ")" ")"
path: PATH
alias: (_AS? PATH)?

scope_of: [_USING _SCOPE path]
where: (_WHERE condition)?
having: (_HAVING condition)?
?condition: factor | and_terms | or_terms
and_terms: factor (_AND factor)+
or_terms: factor (_OR factor)+
?factor: comparison | membership | _LPAR condition ")" | negation
negation: _NOT factor
comparison: operand OPERATOR literal | operand LIKE literal
membership: operand NOT_IN members | operand IN members
?members: _LPAR (literal_list | query) ")"
literal_list: literal ("," literal)*
literal: STRING | NUMBER | DATE | DATETIME | WORD

group_by: [_GROUP_BY groups having]
groups: operand ("," operand)*
order_by: (_ORDER_BY ordering ("," ordering)*)?
ordering: operand direction nulls
direction: (ASC | DESC)?
nulls: (_NULLS (FIRST | LAST))?
limit: (_LIMIT INTEGER)?
offset: (_OFFSET INTEGER)?
purpose: (_FOR (VIEW | REFERENCE | UPDATE) ("," (VIEW | REFERENCE | UPDATE))*)?
all_rows: ALL_ROWS?

search: _FIND SEARCH_TEXT search_group returning limit
search_group: (_IN_GROUP GROUP_NAME _FIELDS)?
returning: (_RETURNING scope ("," scope)*)?
scope: path [_LPAR scope_columns where order_by limit offset ")"]
scope_columns: operand ("," operand)*

filter: condition
sorting: ordering ("," ordering)*
field: operand

_LPAR: "("
_TYPEOF.3: /typeof\b/i
_WHEN.3: /when\b/i
_THEN.3: /then\b/i
_ELSE.3: /else\b/i
_END.3: /end\b/i
_USING.3: /using\b/i
_SCOPE.3: /scope\b/i
_HAVING.3: /having\b/i
_SELECT.3: /select\b/i
_FROM.3: /from\b/i
_WHERE.3: /where\b/i
_GROUP_BY.3: /group\s+by\b/i
_ORDER_BY.3: /order\s+by\b/i
_LIMIT.3: /limit\b/i
_OFFSET.3: /offset\b/i
_FOR.3: /for\b/i
_AS.3: /as\b/i
_AND.3: /and\b/i
_OR.3: /or\b/i
_NOT.3: /not\b/i
NOT_IN.4: /not\s+in\b/i
IN.3: /in\b/i
LIKE.3: /like\b/i
ASC.3: /asc\b/i
DESC.3: /desc\b/i
_NULLS.3: /nulls\b/i
FIRST.3: /first\b/i
LAST.3: /last\b/i
VIEW.3: /view\b/i
REFERENCE.3: /reference\b/i
UPDATE.3: /update\b/i
ALL_ROWS.3: /all\s+rows\b/i
_FIND.3: /find\b/i
_IN_GROUP.3: /in\b/i
_FIELDS.3: /fields\b/i
_RETURNING.3: /returning\b/i
GROUP_NAME.3: /(all|name|email|phone|sidebar)\b/i

OPERATOR: /!=|<>|<=|>=|=|<|>/
PATH: /(?!(select|from|where|and|or|not|like|in|limit|using|with|having|typeof)\b)[A-Za-z_][A-Za-z_0-9]*(\s*\.\s*[A-Za-z_][A-Za-z_0-9]*)*/i
WORD: /[A-Za-z_][A-Za-z_0-9]*(\s*:\s*[0-9]+)?/
STRING: /'(\\.|[^'\\])*'/s
DATETIME.3: /[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})/i
DATE.2: /[0-9]{4}-[0-9]{2}-[0-9]{2}/
NUMBER.1: /[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?/i
INTEGER: /[0-9]+/
SEARCH_TEXT: /\{(\\.|[^}\\])*\}/s

%ignore /\s+/
"""


@functools.cache
def parser() -> Lark:
    """Build the parser for both languages.

    It starts at `query` or `search`, or at a part that is written alone: `filter` (what follows
    WHERE), `sorting` (what follows ORDER BY) or `field`.
    """
    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer="contextual",
        start=["query", "search", "filter", "sorting", "field"],
        transformer=StatementBuilder(),
        maybe_placeholders=True,
        propagate_positions=False,
    )
