"""The words of a command: the name of a function, then its arguments.

They are the words that a person would type: `resize a.png --width=200`. A parameter whose annotation is `str` takes its
word as it is. Any other takes JSON, and one that may be a text takes a word that is no JSON as a text.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Characters that mean something to a shell unless they are quoted, and those that do at the beginning of a word.
_SPECIAL, _SPECIAL_FIRST = "$`|&;<>()*?[\n", "~#"


class BadArguments(Exception):
    """The words do not fit the function."""


def split(argv: Sequence[str]) -> list[str]:
    """Returns the words of a command. A command line is split as a shell would; nothing in it is expanded or run.

    Raises ValueError, with a message for the user.
    """
    if len(argv) != 3 or list(argv[:2]) != ["/bin/sh", "-c"]:
        return list(argv)
    line, words, quote = argv[2], list[str](), ""
    word: str | None = None
    characters = iter(line)
    for character in characters:
        if quote == "'" and character != "'" or quote == '"' and character not in '"\\$`':
            word = (word or "") + character
        elif character in "'\"":
            quote, word = "" if quote == character else character, word or ""
        elif character == "\\":
            escaped = next(characters, None)
            if escaped is None:
                raise ValueError(_no_shell("a \\ at its end"))
            # Within double quotes a backslash escapes only some characters.
            word = (word or "") + ("\\" if quote == '"' and escaped not in '"\\$`' else "") + escaped
        elif character in " \t":
            if word is not None:
                words.append(word)
            word = None
        elif character in _SPECIAL or word is None and character in _SPECIAL_FIRST:
            raise ValueError(_no_shell(f"'{character}'"))
        else:
            word = (word or "") + character
    if quote:
        raise ValueError(_no_shell("a quote without its end"))
    if word is not None:
        words.append(word)
    if not words:
        raise ValueError("The command is empty. Its first word must name a function.")
    return words


def encode(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
    """Returns the words of a call. Raises TypeError if the call does not fit the function, or a value is no JSON."""
    signature, hints = inspect.signature(function), _hints(function)
    signature.bind(*args, **kwargs)
    positional = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL), None)
    for name in kwargs:
        if _name_of(name) != name:
            raise TypeError(
                f"the argument {name!r} cannot be given by its name: a worker would take it for {_name_of(name)!r}")
    named = [f"--{name}={_word(value, hints.get(_parameter(signature, name)), name)}" for name, value in kwargs.items()]
    placed = []
    for at, value in enumerate(args):
        parameter = positional[at] if at < len(positional) else rest
        assert parameter is not None
        placed.append(_word(value, hints.get(parameter.name), parameter.name))
    # A word that begins with "--" would be taken for a name, unless a word "--" comes first.
    return named + ["--", *placed] if any(word.startswith("--") for word in placed) else placed + named


def decode(function: Callable[..., Any], words: Sequence[str]) -> tuple[list[Any], dict[str, Any]]:
    """Returns the arguments that words stand for. Raises BadArguments, with a message for the user."""
    signature, hints = inspect.signature(function), _hints(function)
    positional = [p for p in signature.parameters.values() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p for p in signature.parameters.values() if p.kind is p.VAR_POSITIONAL), None)
    args, kwargs = list[Any](), dict[str, Any]()
    remaining, only_placed = iter(words), False
    for word in remaining:
        if word == "--" and not only_placed:
            only_placed = True
        elif word.startswith("--") and not only_placed:
            name, equals, value = word[2:].partition("=")
            name = _name_of(name)
            if not equals:
                following = next(remaining, None)
                if following is None:
                    raise BadArguments(f"--{name} has no value")
                value = following
            kwargs[name] = _value(value, hints.get(_parameter(signature, name)), name)
        else:
            parameter = positional[len(args)] if len(args) < len(positional) else rest
            name = parameter.name if parameter else f"argument {len(args) + 1}"
            args.append(_value(word, hints.get(name), name))
    try:
        signature.bind(*args, **kwargs)
    except TypeError as fault:
        raise BadArguments(str(fault)) from None
    return args, kwargs


def _name_of(word: str) -> str:
    """The name of an argument in a word without its dashes, such as `dry-run=true`."""
    return word.partition("=")[0].replace("-", "_")


def _parameter(signature: inspect.Signature, name: str) -> str:
    """The name of the parameter that takes an argument of a name."""
    if name in signature.parameters:
        return name
    return next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), name)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except Exception:  # An annotation that cannot be evaluated says nothing about its parameter.
        return {}


def _word(value: Any, hint: Any, name: str) -> str:
    if hint is str:
        # The worker takes the word as it is, so any other value would arrive as a string: None as "null".
        if not isinstance(value, str):
            raise TypeError(f"the argument {name} must be a str, as its annotation says, not {type(value).__name__}")
        return value
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as fault:
        raise TypeError(f"the argument {name} is not JSON: {fault}") from None


def _value(word: str, hint: Any, name: str) -> Any:
    if hint is str:
        return word
    choices = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    try:
        value = json.loads(word)
    except ValueError:
        if not any(choice in (None, Any, str, object) for choice in choices):
            raise BadArguments(f"{name} is {word!r}, which is not JSON") from None
        return word
    if not any(_fits(value, choice) for choice in choices):
        raise BadArguments(f"{name} is {word}, but it must be {hint.__name__ if isinstance(hint, type) else hint}")
    return value


def _fits(value: Any, hint: Any) -> bool:
    """Whether JSON may be meant for a parameter. Only the plainest annotations are checked."""
    kind = typing.get_origin(hint) or hint
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in (bool, str, list, dict, type(None)):
        return isinstance(value, kind)
    return True


def _no_shell(what: str) -> str:
    return f"The command has {what}, but this worker has no shell: it runs functions. Quote the character, or submit argv."
