"""Reading a conversation: where one is, what is beside it, how it ended, and what it looks like in a cell."""

from __future__ import annotations

from convend_widget.conversation import BranchArchived, FeedbackGiven, MessageMarked, Tip
from convend_widget.conversation.tree import total_usage
from tests.conversation.build import Talk, end, text, warn


def test_an_empty_conversation_has_nothing_and_says_so() -> None:
    talk = Talk()
    assert (talk.now.head, talk.now.leaf(None), talk.now.branch(None), list(talk.now.leaves())) == (None, None, [], [])
    assert repr(talk.now) == "Conversation(0 messages, 0 branches, open)"


def test_the_first_message_may_have_siblings_too() -> None:
    talk = Talk()
    first = talk.say("One.")
    talk.reply()
    second = talk.edit(first, "Another.")
    assert [m.id for m in talk.now.children(None)] == [first, second]
    assert [m.id for m in talk.now.siblings(first)] == [first, second]
    assert (talk[second].before, talk[first].before, talk[second].edit_of) == (first, None, first)


def test_the_leaf_below_a_message_follows_the_newest_children() -> None:
    talk = Talk()
    first = talk.say()
    one = talk.reply(below=first).id
    two = talk.reply(below=first).id
    deeper = talk.turn(below=one).id
    assert talk.now.leaf(None) == two
    assert talk.now.leaf(one) == deeper
    assert talk.now.leaf(two) == two
    assert talk.now.head == deeper
    assert {m.id for m in talk.now.leaves()} == {two, deeper}


def test_a_branch_is_the_path_from_the_first_message() -> None:
    talk = Talk()
    talk.turn()
    tip = talk.turn().id
    path = talk.now.branch(tip)
    assert [m.depth for m in path] == [1, 2, 3, 4]
    assert [m.role for m in path] == ["user", "assistant"] * 2
    assert [m.parent for m in path] == [None, *(m.id for m in path[:-1])]


def test_a_branch_that_ended_says_how_and_others_do_not() -> None:
    talk = Talk()
    talk.warned_enough()
    last = talk.say("You are useless.")
    reply = talk.reply([text("Goodbye."), end(reason="It went on.")], below=last)
    other = talk.reply(below=last)
    ending = talk.now.ending(reply.id)
    assert ending is not None
    assert repr(ending) == "Ending(trigger='persistent_harm', reason='It went on.', warnings=3)"
    assert [talk[w].facts.warnings[-1].kind for w in ending.warnings] == ["redirect", "redirect", "final_warning"]
    assert talk.now.endings == [ending]
    assert talk.now.ending(other.id) is talk.now.ending(last) is talk.now.ending(None) is talk.now.ending("x") is None
    assert talk.now.find(last) is not None
    assert talk[last].tip is Tip.WARNED


def test_what_was_tried_and_not_accepted_is_listed_with_what_was_missing() -> None:
    talk = Talk()
    talk.turn([end()], [end("user_request", risk=True)], [text("Well.")])
    assert [(b.trigger, b.verdict, bool(b.missing)) for b in talk.now.blocked] == [
        ("persistent_harm", "blocked", True),
        ("user_request", "blocked", True),
    ]


def test_reprs_are_short_and_the_same_each_time() -> None:
    talk = Talk()
    talk.say("word " * 100)
    reply = talk.ask()
    assert repr(talk[reply]) == "Message(assistant, '', requested)"
    talk.cut(reply, "stopped", text("Half"))
    assert repr(talk[reply]) == "Message(assistant, 'Half', stopped)"
    assert repr(talk.turn([text("a\ud800b")])) == "Message(assistant, 'a\\ud800b')"
    assert len(repr(talk.now.children(None)[0])) < 90
    assert repr(talk.now) == "Conversation(4 messages, 1 branch, open)"


def test_the_text_of_a_message_is_its_text_blocks() -> None:
    reply = Talk().turn([text("One."), warn()], [text(""), text("Two.")])
    assert reply.text == "One.\n\nTwo."
    assert [b["type"] for b in reply.blocks()] == ["text", "tool_use", "text", "text"]


def test_a_text_block_without_text_is_no_text_and_no_crash() -> None:
    reply = Talk().turn([{"type": "text"}, {"type": "text", "text": 5}, {"type": "text", "text": None}, text("Fine.")])
    assert reply.text == "Fine."
    assert repr(reply) == "Message(assistant, 'Fine.')"


def test_feedback_is_kept_beside_the_message_it_is_about() -> None:
    talk = Talk()
    reply = talk.turn().id
    seq = talk.now.seq
    talk.do(FeedbackGiven(at=5.0, message=reply, thumb="up", words="Good.", by="panel"))
    assert [(f.message, f.thumb, f.words, f.at, f.by) for f in talk.now.feedback] == [
        (reply, "up", "Good.", 5.0, "panel")
    ]
    assert talk.now.seq == seq + 1


def test_usage_adds_up_whole_numbers_only() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    odd = {"input_tokens": 3, "output_tokens": 4, "service_tier": "x", "cache": {"a": 1}, "yes": True, "part": 0.5}
    talk.complete(reply, text(), stop="pause_turn", usage=odd)
    talk.complete(reply, text(), usage={"input_tokens": 10, "output_tokens": None})
    assert total_usage(talk[reply]) == {"input_tokens": 13, "output_tokens": 4}


def archive(talk: Talk, message: str, archived: bool = True) -> None:
    talk.do(BranchArchived(at=talk.tick(), message=message, archived=archived, by="panel"))


def test_a_message_has_no_label_and_no_star_until_it_gets_them() -> None:
    talk = Talk()
    message = talk.say()
    assert (talk.now.label(message), talk.now.starred(message), talk.now.is_archived(message)) == ("", False, False)
    talk.do(MessageMarked(at=1.0, message=message, label="Start", starred=True, by="panel"))
    assert (talk.now.label(message), talk.now.starred(message)) == ("Start", True)


def test_an_archived_message_takes_all_that_is_below_it_out_of_sight_and_nothing_else() -> None:
    talk = Talk()
    talk.turn()
    first = talk.now.children(None)[0].id
    below = talk.tip
    other = talk.reply(below=first).id
    archive(talk, below or "")
    deeper = talk.turn(below=below)
    away = talk.now.out_of_sight()
    assert away == {below, deeper.parent, deeper.id}
    assert [m.id for m in talk.now.archived_above(deeper.id)] == [below]
    assert talk.now.archived_above(other) == []
    archive(talk, below or "", False)
    assert talk.now.out_of_sight() == set()


def test_the_way_down_passes_by_archived_branches_unless_there_is_no_other() -> None:
    talk = Talk()
    first = talk.say()
    one, two = (talk.reply(below=first).id for _ in range(2))
    archive(talk, two)
    assert talk.now.leaf(None) == one
    archive(talk, one)
    assert talk.now.leaf(None) == two


def test_a_conversation_opens_at_the_newest_tip_in_sight_and_at_the_newest_of_all_where_none_is() -> None:
    talk = Talk()
    first = talk.say()
    one, two, three = (talk.reply(below=first).id for _ in range(3))
    assert talk.now.opens_at() == three
    archive(talk, three)
    assert (talk.now.opens_at(), talk.now.head) == (two, three)
    archive(talk, first)
    assert talk.now.opens_at() == three
    archive(talk, first, False)
    archive(talk, two)
    assert talk.now.opens_at() == one
    assert Talk().now.opens_at() is None
