"""Passwords that are easy to guess for whoever knows where they are used."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

#: What a password must hold besides such a word: with less it is the word, decorated.
LEAST_REST = 8


class ContextWordsValidator:
    """Refuses passwords that are little more than one of settings.PASSWORD_WORDS."""

    def validate(self, password: str, user=None) -> None:
        """Raises ValidationError."""
        for word in settings.PASSWORD_WORDS:
            if word.lower() in password.lower() and len(password) - len(word) < LEAST_REST:
                raise ValidationError(
                    _("This password is built on \u201c%(word)s\u201d, which others would try first.")
                    % {"word": word},
                    code="password_built_on_word",
                )

    def get_help_text(self) -> str:
        """The rule in a sentence."""
        return _("Your password can\u2019t be built on the name of this site or of your company.")
