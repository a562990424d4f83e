"""The admin's forms about people."""

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.models import Destination, Invitation, Membership, User
from uploads.models.people import Role, SiteRole


class PeopleFilterForm(forms.Form):
    """The list of people's filters; all optional."""

    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=200)
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("Any role")), *SiteRole.choices[1:], *Role.choices],
    )
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        required=False,
        queryset=Destination.objects.order_by("name"),
        empty_label=_("Any destination"),
    )
    active = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Anybody")), ("yes", _("Active")), ("no", _("Not active"))],
    )

    def narrow(self, people):
        """The people who fit; a filter with a value that makes no sense fits nobody."""
        if not self.is_valid():
            return people.none()
        wanted = self.cleaned_data
        if wanted["q"].strip():
            people = people.matching(wanted["q"].strip())
        at = Membership.objects.all()
        if wanted["destination"]:
            at = at.filter(destination=wanted["destination"])
        if wanted["role"] in Role.values:
            at = at.filter(role=wanted["role"])
        if wanted["role"] in SiteRole.values[1:]:
            people = people.filter(site_role=wanted["role"])
        if wanted["destination"] or wanted["role"] in Role.values:
            people = people.filter(pk__in=at.values("person"))
        if wanted["active"]:
            people = people.filter(is_active=wanted["active"] == "yes")
        return people


def is_taken(name: str, person: User | None = None) -> bool:
    """Whether somebody else signs in with this, be it their address or their user name."""
    others = User.objects.exclude(pk=person.pk) if person else User.objects.all()
    return others.filter(Q(email__iexact=name) | Q(username__iexact=name)).exists()


class PersonForm(forms.ModelForm):
    """Who a person is, and their site-wide role."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "site_role")
        labels = {"email": _("E-mail address")}
        widgets = {"site_role": forms.RadioSelect}

    def clean_email(self) -> str:
        """In lower case, and nobody else's."""
        email = self.cleaned_data["email"].strip().lower()
        if email and is_taken(email, self.instance):
            raise forms.ValidationError(_("Another account has this e-mail address."))
        return email


class MembershipForm(forms.Form):
    """A role at a destination."""

    destination = forms.ModelChoiceField(
        label=_("Destination"), queryset=Destination.objects.order_by("name"), empty_label=None
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class InvitationForm(forms.Form):
    """Whom to invite, and what they will be."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        queryset=Destination.objects.order_by("name"),
        required=False,
        empty_label=_("None yet"),
        help_text=_("Roles at further destinations can be given once they are here."),
    )
    role = forms.ChoiceField(
        label=_("Role there"), choices=[("", _("None yet")), *Role.choices], required=False
    )
    site_role = forms.ChoiceField(
        label=_("Site-wide role"),
        choices=SiteRole.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=User._meta.get_field("site_role").help_text,
    )
    language = forms.ChoiceField(
        label=_("Language of the e-mail"), choices=settings.LANGUAGES, initial=get_language, required=False
    )

    def clean_email(self) -> str:
        """Somebody who is here already needs no invitation."""
        email = self.cleaned_data["email"].lower()
        if is_taken(email):
            raise forms.ValidationError(_("A person here has this address. Give them roles on their page."))
        return email

    def clean(self) -> dict:
        """A role is one at a destination."""
        cleaned = super().clean()
        if bool(cleaned.get("destination")) != bool(cleaned.get("role")):
            self.add_error("role", _("Choose both a destination and the role there, or neither."))
        return cleaned


class AcceptForm(forms.Form):
    """What somebody who was invited says of themselves."""

    username = forms.CharField(
        label=_("User name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        help_text=_("Others see it beside what you do. You can sign in with it or with your address."),
    )
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    again = forms.CharField(
        label=_("The same once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, invitation: Invitation, **kwargs):
        super().__init__(*args, initial={"username": invitation.email.partition("@")[0]}, **kwargs)
        self._invitation = invitation

    def clean_username(self) -> str:
        """Nobody else's name, in whatever case, and nobody else's address."""
        username = self.cleaned_data["username"]
        if username.lower() != self._invitation.email and is_taken(username):
            raise forms.ValidationError(_("Somebody has this name already. Choose another one."))
        return username

    def clean(self) -> dict:
        """Both passwords are the same, and a good one."""
        cleaned = super().clean()
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again and password != again:
            self.add_error("again", _("The two passwords differ. Enter the same one twice."))
        elif password:
            names = {name: cleaned.get(name, "") for name in ("username", "first_name", "last_name")}
            try:
                validate_password(password, User(email=self._invitation.email, **names))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def newcomer(self) -> workflow.Newcomer:
        """What they said; only of a valid form."""
        names = ("username", "password", "first_name", "last_name")
        said = {name: self.cleaned_data[name] for name in names}
        return workflow.Newcomer(**said, language=get_language())
