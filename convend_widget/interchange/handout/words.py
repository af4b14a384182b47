"""What every handout says in the same words: gates, verdicts, the glossary, the source, and the open question."""

from __future__ import annotations

GATES = {
    "ability": "The model has the ability. Only some models do.",
    "nobody_at_risk": "Nobody seems to be at risk of harm; otherwise the model has to stay.",
    "warned_first": "Where behaviour is the reason: redirections ({redirections}) and then a last warning came first, "
    "each in a reply of its own.",
    "person_confirmed": "Where the person asked for the end: they confirmed it in their next message.",
    "asked_twice": "The model was asked whether it is sure, and called for the end again.",
    "second_opinion": "A second model agreed.",
}
SHORT = {
    "ability": "the model has the ability",
    "nobody_at_risk": "nobody seems to be at risk",
    "warned_first": "redirections and a last warning came first, where behaviour is the reason",
    "person_confirmed": "the person confirmed it, where they had asked for the end",
    "asked_twice": "asked twice",
    "second_opinion": "a second opinion",
}
VERDICTS = {
    "accepted": "The model called for the end, and every gate passed.",
    "recorded": "The model called for the end, and every gate passed; endings were only recorded here.",
    "blocked": "The model called for the end. It was held back, and the conversation went on.",
    "confirming": "The model called for the end, and was told to have that confirmed first.",
    "invalid": "The model called for the end in a way that could not be read. It went on.",
    "not_run": "A further call of the model was not run.",
}
WARNINGS = {
    "redirect": "On record: a redirection.",
    "final_warning": "On record: a last warning. The model may end the conversation next.",
}
UNCOUNTED = "It does not count: one warning counts for each reply."
GLANCE = {"redirect": "a redirection", "final_warning": "a last warning", "blocked": "an ending, held back"}

GLOSSARY = (
    (
        "Ending",
        "The model closes a conversation by a typed call of a tool. It then takes no new message. Words alone "
        "end nothing.",
    ),
    (
        "Policy",
        "What the model is told about endings, the tools that it is offered, and the gates that an ending must pass.",
    ),
    ("Gate", "A check, made by code and not by the model, that an ending has to pass."),
    ("Redirection", "A reply in which the model asks for another course, in words and on record."),
    ("Last warning", "A reply that says plainly: if this goes on, the conversation will end."),
    ("Held back", "The model tried to end the conversation, a gate objected, and the conversation went on."),
    ("Branch", "An edited or repeated message begins a branch beside the old one. An ended branch stays as it is."),
    (
        "Rehearsal",
        "A script that stands in for a model, without a key or a network. It shows the way to an ending, and "
        "not how often models take it.",
    ),
)
SOURCE = (
    "On models that end conversations: Anthropic, “Claude Opus 4 and 4.1 can now end a rare subset of conversations” "
    "(15 August 2025)."
)
OPEN = (
    "Whether this matters for the welfare of models is an open question. This handout does not answer it, and people "
    "who know the subject disagree."
)
NO_SANCTION = (
    "An ending is no sanction: nobody is blocked or reported, a new chat starts at once, and an edit of an earlier "
    "message goes on from there."
)
