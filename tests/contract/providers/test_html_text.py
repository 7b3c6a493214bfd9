"""A message's HTML as the plain text that a person would read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.cpu_time import least_cpu_s
from switchhook.adapters.providers.html_text import MOST_TEXT_CHARS, plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>Hello</p>", "Hello", id="a_paragraph"),
        pytest.param("<p>a</p><p>b</p>", "a\nb", id="paragraphs_are_lines"),
        pytest.param("a<br>b<br/>c<BR />d", "a\nb\nc\nd", id="line_breaks"),
        pytest.param("<p>a</p><p><br></p><p>b</p>", "a\n\nb", id="an_empty_line_stays"),
        pytest.param("a" + "<br>" * 9 + "b", "a\n\nb", id="more_empty_lines_do_not"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "- a\n- b", id="lists"),
        pytest.param("<div><div><p>a</p></div></div><div>b</div>", "a\nb", id="nested_blocks"),
        pytest.param("<b>a</b> <i>b</i>c", "a bc", id="inline_marks_vanish"),
        pytest.param("a\n   b&nbsp;\t c", "a b c", id="white_space_is_one_space"),
        pytest.param("<pre>a\nb</pre>", "a\nb", id="preformatted_lines_stay"),
        pytest.param("Tom &amp; &lt;Ada&gt; &#8364; &eacute;", "Tom & <Ada> € é", id="entities"),
        pytest.param("plain text, 3 < 4 & 5 > 4", "plain text, 3 < 4 & 5 > 4", id="no_markup"),
        pytest.param("", "", id="nothing"),
        pytest.param(
            '<a href="https://x.example/y">our page</a>',
            "our page (https://x.example/y)",
            id="a_link",
        ),
        pytest.param(
            '<a href="https://x.example/">x.example</a>', "x.example", id="a_link_that_says_itself"
        ),
        pytest.param(
            '<a href="mailto:ada@example.com">ada@example.com</a>',
            "ada@example.com",
            id="a_mail_address",
        ),
        pytest.param('<a href="https://x.example"></a>', "https://x.example", id="no_words"),
        pytest.param('<a href="javascript:x()">click</a>', "click", id="a_link_that_runs"),
        pytest.param(
            '<a href="https://x.example">one <a href="https://y.example">two</a>',
            "one (https://x.example)two (https://y.example)",
            id="a_link_that_is_not_ended",
        ),
        pytest.param(
            'see <img src="https://x.example/a.png" alt="a screen">',
            "see a screen (https://x.example/a.png)",
            id="an_image",
        ),
        pytest.param('<img src="data:image/png;base64,AAAA">ok', "ok", id="an_image_in_itself"),
        pytest.param("a<script>alert('<p>x</p>')</script>b", "ab", id="scripts"),
        pytest.param("<style>p { color: red }</style>b", "b", id="styles"),
        pytest.param("a<!-- secret -->b", "ab", id="comments"),
        pytest.param("<![if !mso]>a<![endif]>b", "ab", id="sections_of_office_programs"),
        pytest.param("a<![", "a", id="a_broken_section"),
        pytest.param("a<b", "a", id="a_broken_tag"),
        pytest.param("a<b title='x > y'>c</b>", "ac", id="a_sign_inside_an_attribute"),
        pytest.param("&#" + "1" * 5_000 + "; x", "\ufffd x", id="an_endless_entity"),
        pytest.param("a <3 b", "a <3 b", id="less_than"),
        pytest.param("<table><tr><td>a</td><td>b</td></tr></table>", "a b", id="cells"),
    ],
)
def test_what_a_reader_would_see(html: str, text: str):
    assert text == plain_text(html)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["<", ">", "<!", "<![", "<!--", "-->", "</", "<a href='", "<script>", "&#", "&amp;"]
            ),
            st.sampled_from(["<p>", "</p>", "<pre>", "]]>", "<?", "/>", "\n", " ", '"']),
            st.text(max_size=5),
        )
    ).map("".join)
)
def test_any_text_is_survived(html: str):
    """Whatever a sender writes gives some text, without a blank at either end."""
    text = plain_text(html)

    assert text == text.strip()
    assert not re.search(r"\n{3}", text)


@pytest.mark.parametrize(
    "unit",
    [
        *("<", "<a", "<a href='tel:1'>", "<!", "<![", "<!--", "</", "<p>", "<pre> ", "&", "&#1"),
        *("<td>", "<a href=", "<p class='", "<li>", "<script>", "\n", " ", "<br> "),
    ],
)
def test_a_hostile_text_costs_little(unit: str):
    """However a mebibyte is made up, it is read within a second and what it gives is bounded."""
    html = unit * (1_048_576 // len(unit))

    assert len(plain_text(html)) <= MOST_TEXT_CHARS
    assert least_cpu_s(lambda: plain_text(html)) < 1
